"""One message, from its claim to what is written about its end; no transaction is open while it is sent."""

from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from mediaproc import randomness
from mediaproc.core.backoff import DELIVERY
from mediaproc.core.delivery_verdict import DeliveryVerdict, judge, sentence_about
from mediaproc.core.errors import MediaprocError
from mediaproc.core.message import signature_headers
from mediaproc.db import delivery_claims, webhooks
from mediaproc.db.database import Database
from mediaproc.db.delivery_claims import Delivery
from mediaproc.guarded_http import DEADLINE, GuardedHttp

# Seconds that a message is one executor's: the request's deadline, and time to write what came of it.
LEASE = DEADLINE + 20.0

_WANTS_NO_MORE = "The receiver answered 410: it wants no messages any more."
_BUG = "Sending it met a bug of mediaproc; the log has it."


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came of one attempt; `delay` is seconds until the next one, None where there is none."""

    delivery: Delivery
    verdict: DeliveryVerdict
    status: int | None = None
    error: str | None = None
    delay: float | None = None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Sends what is due for a webhook; many threads may use it at a time."""

    database: Database
    http: GuardedHttp
    log: FilteringBoundLogger

    def send_next(self, webhook_id: int, *, only: int | None = None) -> Sent | None:
        """Claim the next message for the webhook, send it and write what came of it; None where nothing is due.

        Raises:
            Unavailable, PartMissing: the database is away. What is claimed is sent again at the end of its lease.
        """
        with self.database.write() as connection:
            delivery = delivery_claims.claim_delivery(connection, webhook_id=webhook_id, lease=LEASE, only=only)
        if delivery is None:
            return None
        sent = self._sent(delivery)
        self._write(sent)
        self._log(sent)
        return sent

    def _sent(self, delivery: Delivery) -> Sent:
        body = delivery.body.encode()
        signed = signature_headers(
            message_id=f"msg_{delivery.message_id.hex}", timestamp=delivery.at, body=body, secrets=delivery.secrets
        )
        try:
            answer = self.http.post(
                delivery.url, body=body, headers={"Content-Type": "application/json; charset=utf-8", **signed}
            )
        except MediaprocError as error:
            return self._failed(delivery, error=str(error))
        except Exception:
            # It would end this executor, and each one after it that claims the same message.
            self.log.exception("bug", webhook=delivery.webhook_id, message=str(delivery.message_id))
            return self._failed(delivery, error=_BUG)
        match judge(answer.status):
            case DeliveryVerdict.DELIVERED:
                return Sent(delivery=delivery, verdict=DeliveryVerdict.DELIVERED, status=answer.status)
            case DeliveryVerdict.GONE:
                return Sent(delivery=delivery, verdict=DeliveryVerdict.GONE, status=answer.status, error=_WANTS_NO_MORE)
            case DeliveryVerdict.FAILED:
                return self._failed(delivery, status=answer.status, error=sentence_about(answer.status))

    def _failed(self, delivery: Delivery, *, error: str, status: int | None = None) -> Sent:
        return Sent(
            delivery=delivery,
            verdict=DeliveryVerdict.FAILED,
            status=status,
            error=error,
            delay=DELIVERY.delay(delivery.attempts, jitter=randomness.random_fraction()),
        )

    def _write(self, sent: Sent) -> None:
        delivery = sent.delivery
        with self.database.write() as connection:
            if sent.verdict is DeliveryVerdict.DELIVERED:
                delivery_claims.note_delivered(connection, delivery=delivery, status=sent.status or 0)
                return
            delivery_claims.note_failure(
                connection, delivery=delivery, status=sent.status, error=sent.error or "", delay=sent.delay
            )
            if sent.verdict is DeliveryVerdict.GONE:
                webhooks.disable_webhook(connection, webhook_id=delivery.webhook_id, because=_WANTS_NO_MORE)
                delivery_claims.give_up_deliveries(connection, webhook_id=delivery.webhook_id, error=_WANTS_NO_MORE)

    def _log(self, sent: Sent) -> None:
        """Neither the URL, which may hold a key, nor the body is in a log line."""
        delivery = sent.delivery
        said = {"webhook": delivery.webhook_id, "message": f"msg_{delivery.message_id.hex}", "type": delivery.type}
        if delivery.task_id is not None:
            said["task"] = delivery.task_id
        if sent.verdict is DeliveryVerdict.DELIVERED:
            self.log.info("message_delivered", status=sent.status, **said)
        else:
            again = None if sent.delay is None else round(sent.delay, 1)
            self.log.warning("message_failed", reason=sent.error, next_try_seconds=again, **said)
