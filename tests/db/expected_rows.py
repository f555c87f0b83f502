"""What the tables must say after a history of steps, and what they do say, in the same form."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from mediaproc.core.lifecycle import FAIL_LIMIT


@dataclass
class Expected:
    """What the row must say; `strikes` are the claims whose strike counts."""

    priority: int = 0
    status: str = "pending"
    strikes: list[UUID] = field(default_factory=list)
    holder: UUID | None = None
    claimed_by: UUID | None = None
    lease_ends: float = 0.0
    due: float = 0.0
    attempts: int = 0
    retried_after: int = 0

    def is_due(self, now: float) -> bool:
        claimable = self.status == "pending" or (self.status == "failed" and len(self.strikes) < FAIL_LIMIT)
        return claimable and self.due <= now

    def take(self, holder: UUID, *, by: UUID, lease_ends: float) -> None:
        self.status, self.holder, self.claimed_by, self.lease_ends = "processing", holder, by, lease_ends
        self.attempts += 1

    def leave(self, status: str, *, due: float) -> None:
        self.status, self.holder, self.claimed_by, self.due = status, None, None, due


def rows(connection: Connection) -> dict[Any, Any]:
    """By task: status, strikes, token and attempts."""
    found = connection.execute(text("SELECT id, status, fail_count, claim_token, attempt FROM media_process"))
    return {row.id: (row.status, row.fail_count, row.claim_token, row.attempt) for row in found}


def history(connection: Connection) -> dict[Any, Any]:
    """By task: the claim that ended it, and the object that is its output."""
    found = connection.execute(text("SELECT id, claim_token, output_key FROM media_process_history"))
    return {row.id: (row.claim_token, row.output_key) for row in found}


def outcomes(connection: Connection) -> dict[Any, Any]:
    """By claim: how it ended."""
    found = connection.execute(text("SELECT claim_token, outcome FROM media_process_attempt"))
    return {row.claim_token: row.outcome for row in found}
