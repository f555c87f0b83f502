"""The messages to other programs: their types, and how one is signed, as Standard Webhooks has it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted

# Before the base64 of a secret's bytes, of which there are 24 to 64.
SECRET_PREFIX = "whsec_"  # noqa: S105 - what each secret begins with
SECRET_BYTES = 32
# Of a rendition's notes, that a message tells; it says how many there are.
MOST_NOTES = 20


class MessageType(StrEnum):
    """What a webhook may ask for, but for the last one: a person sends it to try the webhook."""

    COMPLETED = "task.completed"
    CANCELLED = "task.cancelled"
    REJECTED = "task.rejected"
    EXHAUSTED = "task.exhausted"
    DELETED = "task.deleted"
    BACKLOG_AGE = "alarm.backlog_age"
    TASKS_EXHAUSTED = "alarm.exhausted"
    NO_EXECUTOR = "alarm.no_executor"
    TEST = "webhook.test"


MESSAGE_TYPES = tuple(each for each in MessageType if each is not MessageType.TEST)
ALARMS = (MessageType.BACKLOG_AGE, MessageType.TASKS_EXHAUSTED, MessageType.NO_EXECUTOR)


def parse_message_types(text: str) -> tuple[MessageType, ...]:
    """The types of a comma list, each once.

    Raises:
        WrongUse: one is none of the known types, or there is none.
    """
    known = {str(each): each for each in MESSAGE_TYPES}
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    for name in names:
        if name not in known:
            raise WrongUse(f"{quoted(name)} is no event that a webhook can ask for: these are {', '.join(known)}.")
    if not names:
        raise WrongUse(f"No event is named: a webhook can ask for {', '.join(known)}.")
    return tuple(dict.fromkeys(known[name] for name in names))


def secret_of(random_bytes: bytes) -> str:
    """A webhook's secret, as it is printed once and kept."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def signature_headers(*, message_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers by which a receiver knows the sender and the message; `timestamp` in seconds since 1970.

    There is a signature for each of the secrets: while one is changed, a receiver may know either.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(signed, secret)}" for secret in secrets),
    }


def _signature(signed: bytes, secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise AssertionError("every kept secret was made by secret_of") from None
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
