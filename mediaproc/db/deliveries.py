"""Messages as a person sees and repeats them: those that are late or dead, one that only tries a webhook, a replay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    update,
)

from mediaproc.core.message import MessageType
from mediaproc.db.ids import is_among
from mediaproc.db.notifications import notify_message
from mediaproc.db.outbox import body
from mediaproc.db.schema import media_delivery, media_webhook

_delivery = media_delivery.c
_webhook = media_webhook.c


@dataclass(frozen=True, kw_only=True)
class DeliveryLine:
    """A message on its way to a webhook, or at its end, without its body."""

    id: int
    message_id: UUID
    webhook_id: int
    task_id: int | None
    type: str
    created_at: datetime
    next_attempt_at: datetime
    attempts: int
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None
    dead_at: datetime | None


def add_test(connection: Connection, *, webhook_id: int) -> int:
    """The number of a message that only tries the webhook; it is due, and no other executor is told of it."""
    type_ = literal(str(MessageType.TEST), Text)
    added = (
        insert(media_delivery)
        .from_select(
            ["webhook_id", "type", "body"],
            select(
                _webhook.id,
                type_,
                body(type_=type_, content=func.json_build_object(text("'webhook'::text"), _webhook.id)),
            ).where(_webhook.id == webhook_id),
        )
        .returning(_delivery.id)
    )
    number: int = connection.scalars(added).one()
    return number


def replay_deliveries(
    connection: Connection,
    *,
    webhook_id: int,
    ids: Collection[int] = (),
    since: float | None = None,
    limit: int,
) -> int:
    """Make ended messages due again under their ids: these, or all of the last `since` seconds, or the dead.

    How many, `limit` at most. Messages that wait already are passed over.
    """
    which: ColumnElement[bool] = _delivery.dead_at.is_not(None)
    if ids:
        which = and_(not_(_is_on_its_way()), is_among(_delivery.id, ids))
    elif since is not None:
        which = and_(not_(_is_on_its_way()), _delivery.created_at >= func.now() - timedelta(seconds=since))
    chosen = (
        select(_delivery.id)
        .where(_delivery.webhook_id == webhook_id, which)
        .order_by(_delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("replayed")
    )
    replayed = (
        update(media_delivery)
        .where(_delivery.id == chosen.c.id)
        .values(delivered_at=null(), dead_at=null(), next_attempt_at=func.now(), attempts=0)
        .returning(_delivery.id, notify_message())
    )
    return len(connection.execute(replayed).all())


def _is_on_its_way() -> ColumnElement[bool]:
    return and_(_delivery.delivered_at.is_(None), _delivery.dead_at.is_(None))


def deliveries(
    connection: Connection, *, webhook_id: int, limit: int, ids: Collection[int] = (), before: int | None = None
) -> list[DeliveryLine]:
    """The messages to the webhook that are not delivered, or these, the latest first, `before` a number."""
    columns = [_delivery[name] for name in DeliveryLine.__dataclass_fields__]
    which = is_among(_delivery.id, ids) if ids else or_(_is_on_its_way(), _delivery.dead_at.is_not(None))
    found = select(*columns).where(_delivery.webhook_id == webhook_id, which).order_by(_delivery.id.desc()).limit(limit)
    if before is not None:
        found = found.where(_delivery.id < before)
    return [DeliveryLine(**row) for row in connection.execute(found).mappings()]
