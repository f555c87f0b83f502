"""Rows for the tests of messages: webhooks, and what is in the outbox."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, select, text

from mediaproc.core.message import MESSAGE_TYPES, secret_of
from mediaproc.db.schema import media_delivery
from mediaproc.db.webhooks import add_webhook

SECRET = secret_of(b"k" * 32)


def add(
    engine: Engine,
    *,
    url: str = "https://hook.example/in",
    events: Sequence[str] = MESSAGE_TYPES,
    tenant: str | None = None,
    secret: str = SECRET,
) -> int:
    """The number of a new webhook."""
    with engine.begin() as connection:
        return add_webhook(
            connection, url=url, events=[str(each) for each in events], tenant=tenant, secret=secret, actor="me@here"
        )


def outbox(engine: Engine) -> list[tuple[int, int | None, str]]:
    """Webhook, task and type of each message, in order."""
    shown = select(media_delivery.c.webhook_id, media_delivery.c.task_id, media_delivery.c.type)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(shown.order_by(media_delivery.c.id))]


def bodies(engine: Engine) -> list[Any]:
    """What each message says, in order."""
    with engine.connect() as connection:
        return [json.loads(each) for each in connection.scalars(text("SELECT body FROM media_delivery ORDER BY id"))]
