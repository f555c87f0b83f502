"""The claim of a message on its way to a webhook, by a lease, and its end.

A message is claimed for the seconds of its lease, in which no transaction is open; its token fences what is written
then. Whoever dies in between leaves it to others, at the end of its lease.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    TextClause,
    Update,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    null,
    select,
    text,
    update,
)

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
            _undelivered_of("earlier"),
        )
    )
    due = (
        select(_delivery.id)
        .where(
            _delivery.webhook_id == webhook_id,
            _delivery.next_attempt_at <= func.now(),
            _undelivered_of("media_delivery"),
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


def _undelivered_of(name: str) -> TextClause:
    """As the table's partial indexes have it, for a statement that names the table more than once."""
    return text(" AND ".join(f"{name}.{word}" for word in UNDELIVERED.split(" AND ")))


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
