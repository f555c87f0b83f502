"""For how long rows are kept, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Seconds: `logs` since an attempt ended, `attempts` since its task ended, `audit` since an act.

    `audit` also since a token was revoked or expired; `deliveries` since a message was written; `history` since a task
    ended, None: for ever.
    """

    logs: float
    attempts: float
    audit: float
    deliveries: float
    history: float | None
