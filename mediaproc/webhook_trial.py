"""Try a webhook: one message of type webhook.test, sent now, and what came back."""

from dataclasses import dataclass

from mediaproc import app as composition
from mediaproc import log
from mediaproc.acts import webhooks as acts
from mediaproc.core.delivery_verdict import DeliveryVerdict
from mediaproc.db import deliveries
from mediaproc.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What the receiver answered; `error` is a sentence where it did not take the message."""

    webhook: int
    delivered: bool
    status: int | None
    error: str | None


def try_webhook(parts: Parts, webhook_id: int, *, actor: str) -> Tried:
    """Send the webhook a message once; one that was disabled is enabled again.

    Raises:
        NoSuchWebhook
        Unavailable, PartMissing: the database.
    """
    added = acts.add_test(parts.database, webhook_id=webhook_id, actor=actor)
    sent = composition.make_sender(parts, log=log.get()).send_next(webhook_id, only=added)
    if sent is not None:
        is_delivered = sent.verdict is DeliveryVerdict.DELIVERED
        return Tried(webhook=webhook_id, delivered=is_delivered, status=sent.status, error=sent.error)
    # An executor was told of it earlier.
    with parts.database.read() as connection:
        (line,) = deliveries.deliveries(connection, webhook_id=webhook_id, ids=[added], limit=1)
    return Tried(
        webhook=webhook_id, delivered=line.delivered_at is not None, status=line.last_status, error=line.last_error
    )
