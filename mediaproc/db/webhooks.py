"""To whom messages go: the rows of `media_webhook`. Their secrets leave the database only for a signature."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, null, select, text, update

from mediaproc.core.health import MOST_COUNTED
from mediaproc.core.outbound_url import shown_url
from mediaproc.db.schema import media_delivery, media_webhook
from mediaproc.db.schema.webhooks import UNDELIVERED

_webhook = media_webhook.c
_delivery = media_delivery.c


@dataclass(frozen=True, kw_only=True)
class WebhookLine:
    """A webhook without its secrets, and how many of its messages wait and are dead, MOST_COUNTED at most."""

    id: int
    url: str
    events: tuple[str, ...]
    tenant: str | None
    actor: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: str | None
    waiting: int
    dead: int


def add_webhook(
    connection: Connection, *, url: str, events: Sequence[str], tenant: str | None, secret: str, actor: str
) -> int:
    """Its number."""
    added = insert(media_webhook).values(url=url, events=list(events), tenant=tenant, secret=secret, actor=actor)
    number: int = connection.scalars(added.returning(_webhook.id)).one()
    return number


def webhooks(connection: Connection, *, webhook_id: int | None = None) -> list[WebhookLine]:
    """All webhooks, or the one of this number, the first one first."""
    columns = [_webhook[name] for name in WebhookLine.__dataclass_fields__ if name in _webhook]
    found = select(
        *columns,
        _counted(text(UNDELIVERED)).label("waiting"),
        _counted(_delivery.dead_at.is_not(None)).label("dead"),
    ).order_by(_webhook.id)
    if webhook_id is not None:
        found = found.where(_webhook.id == webhook_id)
    return [
        WebhookLine(**(dict(row) | {"events": tuple(row["events"])})) for row in connection.execute(found).mappings()
    ]


def webhooks_to_show(connection: Connection, *, webhook_id: int | None = None) -> list[WebhookLine]:
    """The same, of each URL no more than anybody may see."""
    return [replace(line, url=shown_url(line.url)) for line in webhooks(connection, webhook_id=webhook_id)]


def _counted(which: ColumnElement[bool] | object) -> ColumnElement[int]:
    few = (
        select(_delivery.id)
        .where(_delivery.webhook_id == _webhook.id, which)  # type: ignore[arg-type]
        .limit(MOST_COUNTED)
        .correlate(media_webhook)
        .subquery()
    )
    return select(func.count()).select_from(few).scalar_subquery()


def remove_webhook(connection: Connection, *, webhook_id: int) -> bool:
    """Tell it nothing from now on; returns whether it was there. Its messages are left to `delete_deliveries`."""
    removed = delete(media_webhook).where(_webhook.id == webhook_id).returning(_webhook.id)
    return connection.scalars(removed).first() is not None


def rotate_secret(connection: Connection, *, webhook_id: int, secret: str, both_for: float) -> bool:
    """Sign with the new secret, and for so many seconds also with the present one; returns whether it is there."""
    rotated = (
        update(media_webhook)
        .where(_webhook.id == webhook_id)
        .values(
            secret=secret,
            earlier_secret=_webhook.secret,
            earlier_secret_until=func.now() + timedelta(seconds=both_for),
        )
        .returning(_webhook.id)
    )
    return connection.scalars(rotated).first() is not None


def disable_webhook(connection: Connection, *, webhook_id: int, because: str) -> None:
    """Tell it nothing until somebody enables it again."""
    connection.execute(
        update(media_webhook)
        .where(_webhook.id == webhook_id, _webhook.disabled_at.is_(None))
        .values(disabled_at=func.now(), disabled_because=because)
    )


def enable_webhook(connection: Connection, *, webhook_id: int) -> bool:
    """Tell it of everything again; returns whether it is there."""
    enabled = (
        update(media_webhook)
        .where(_webhook.id == webhook_id)
        .values(disabled_at=null(), disabled_because=null())
        .returning(_webhook.id)
    )
    return connection.scalars(enabled).first() is not None
