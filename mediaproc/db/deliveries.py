"""The outbox's statements: what is due, its claim by a lease, its end, and its life after that.

A message is claimed for the seconds of its lease, in which no transaction is open; its token fences what is written
then. Whoever dies in between leaves it to others, at the end of its lease.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    Update,
    and_,
    case,
    cast,
    delete,
    exists,
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
from mediaproc.db.schema.webhooks import UNDELIVERED

_delivery = media_delivery.c
_webhook = media_webhook.c
_undelivered = text(UNDELIVERED)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message that this process may send now; `at` is the time, in seconds since 1970."""

    id: int
    message_id: UUID
    webhook_id: int
    task_id: int | None
    type: str
    body: str
    # That came to an end before this one.
    attempts: int
    lease_token: UUID
    url: str
    secrets: tuple[str, ...]
    at: int


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


def due_webhooks(connection: Connection) -> list[int]:
    """The webhooks for which a message is due."""
    return list(connection.scalars(select(_webhook.id).where(has_due())))


def has_due() -> ColumnElement[bool]:
    """Whether a message is due for the webhook."""
    is_due = exists(
        select(1)
        .where(_delivery.webhook_id == _webhook.id, _delivery.next_attempt_at <= func.now(), _undelivered)
        .correlate(media_webhook)
    )
    return and_(_webhook.disabled_at.is_(None), is_due)


def claim_delivery(
    connection: Connection, *, webhook_id: int, lease: float, only: int | None = None
) -> Delivery | None:
    """The message that has been due for the webhook the longest, claimed for so many seconds; or the one named.

    One behind another about the same task is not due before that is delivered or dead.
    """
    earlier = media_delivery.alias("earlier")
    waits = exists(
        select(1).where(
            earlier.c.webhook_id == _delivery.webhook_id,
            earlier.c.task_id == _delivery.task_id,
            earlier.c.id < _delivery.id,
            text("earlier.delivered_at IS NULL AND earlier.dead_at IS NULL"),
        )
    )
    due = (
        select(_delivery.id)
        .where(
            _delivery.webhook_id == webhook_id,
            _delivery.next_attempt_at <= func.now(),
            text(" AND ".join(f"media_delivery.{word}" for word in UNDELIVERED.split(" AND "))),
            not_(waits),
        )
        .order_by(_delivery.next_attempt_at, _delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=media_delivery)
    )
    if only is not None:
        due = due.where(_delivery.id == only)
    found = due.cte("due_delivery")
    token = uuid4()
    claimed = (
        update(media_delivery)
        .where(_delivery.id == found.c.id, _webhook.id == _delivery.webhook_id, _webhook.disabled_at.is_(None))
        .values(lease_token=token, next_attempt_at=func.now() + timedelta(seconds=lease))
        .returning(
            _delivery.id, _delivery.message_id, _delivery.webhook_id, _delivery.task_id, _delivery.type, _delivery.body,
            _delivery.attempts, _webhook.url, _webhook.secret,
            case((_webhook.earlier_secret_until > func.now(), _webhook.earlier_secret)).label("earlier_secret"),
            cast(func.extract("epoch", func.now()), BigInteger).label("at"),
        )
    )  # fmt: skip
    row = connection.execute(claimed).mappings().first()
    if row is None:
        return None
    values = dict(row)
    secrets = (values.pop("secret"), values.pop("earlier_secret"))
    return Delivery(**values, lease_token=token, secrets=tuple(each for each in secrets if each is not None))


def note_delivered(connection: Connection, *, delivery: Delivery, status: int) -> bool:
    """The receiver has it; returns whether the lease was still held."""
    return _ended(connection, _held(delivery).values(delivered_at=func.now(), last_status=status, last_error=null()))


def note_failure(
    connection: Connection, *, delivery: Delivery, status: int | None, error: str, delay: float | None
) -> bool:
    """The receiver has it not: it is due again after `delay` seconds, or dead; returns whether the lease was held."""
    again: dict[str, Any] = (
        {"dead_at": func.now()} if delay is None else {"next_attempt_at": func.now() + timedelta(seconds=delay)}
    )
    return _ended(connection, _held(delivery).values(last_status=status, last_error=error, **again))


def _held(delivery: Delivery) -> Update:
    return (
        update(media_delivery)
        .where(_delivery.id == delivery.id, _delivery.lease_token == delivery.lease_token)
        .values(lease_token=null(), attempts=_delivery.attempts + 1)
    )


def _ended(connection: Connection, ended: Update) -> bool:
    return connection.scalars(ended.returning(_delivery.id)).first() is not None


def give_up_deliveries(connection: Connection, *, webhook_id: int, error: str) -> None:
    """All messages that wait for the webhook are dead, also those that are on their way."""
    connection.execute(
        update(media_delivery)
        .where(_delivery.webhook_id == webhook_id, _undelivered)
        .values(dead_at=func.now(), lease_token=null(), last_error=error)
    )


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
        which = and_(not_(_undelivered_again()), is_among(_delivery.id, ids))
    elif since is not None:
        which = and_(not_(_undelivered_again()), _delivery.created_at >= func.now() - timedelta(seconds=since))
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


def _undelivered_again() -> ColumnElement[bool]:
    return and_(_delivery.delivered_at.is_(None), _delivery.dead_at.is_(None))


def deliveries(connection: Connection, *, webhook_id: int, limit: int, ids: Collection[int] = ()) -> list[DeliveryLine]:
    """The latest messages to the webhook that are not delivered, or these; the latest first."""
    columns = [_delivery[name] for name in DeliveryLine.__dataclass_fields__]
    which = is_among(_delivery.id, ids) if ids else or_(_undelivered_again(), _delivery.dead_at.is_not(None))
    found = select(*columns).where(_delivery.webhook_id == webhook_id, which).order_by(_delivery.id.desc()).limit(limit)
    return [DeliveryLine(**row) for row in connection.execute(found).mappings()]


def delete_deliveries(connection: Connection, *, webhook_id: int, limit: int) -> int:
    """Delete messages to a webhook that is removed; how many, `limit` at most."""
    return _delete(connection, _delivery.webhook_id == webhook_id, limit=limit)


def delete_old_deliveries(connection: Connection, *, older_than: float, limit: int) -> int:
    """Delete messages of `older_than` seconds and more that nobody will send any more; how many, `limit` at most.

    One that is on its way stays, unless its webhook is removed or disabled.
    """
    lives = exists(select(1).where(_webhook.id == _delivery.webhook_id, _webhook.disabled_at.is_(None)))
    over = or_(_delivery.delivered_at.is_not(None), _delivery.dead_at.is_not(None), not_(lives))
    old = _delivery.created_at < func.now() - timedelta(seconds=older_than)
    return _delete(connection, and_(old, over), limit=limit)


def _delete(connection: Connection, which: ColumnElement[bool], *, limit: int) -> int:
    chosen = (
        select(_delivery.id).where(which).order_by(_delivery.created_at).limit(limit).with_for_update(skip_locked=True)
    )
    deleted = delete(media_delivery).where(_delivery.id.in_(chosen)).returning(_delivery.id)
    return len(connection.scalars(deleted).all())
