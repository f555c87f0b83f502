"""The rows that the tables must have after a history of steps, and the rows that they have, in the same form."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from mediaproc.core.lifecycle import FAIL_LIMIT


@dataclass
class ExpectedRow:
    """The expected values of a task's row; `strikes` are the claims whose strikes count."""

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
    """Status, strikes, token and attempts of each task."""
    found = connection.execute(text("SELECT id, status, fail_count, claim_token, attempt FROM media_process"))
    return {row.id: (row.status, row.fail_count, row.claim_token, row.attempt) for row in found}


def history(connection: Connection) -> dict[Any, Any]:
    """The claim that ended each task in history, and the key of its output."""
    found = connection.execute(text("SELECT id, claim_token, output_key FROM media_process_history"))
    return {row.id: (row.claim_token, row.output_key) for row in found}


def outcomes(connection: Connection) -> dict[Any, Any]:
    """The outcome of each claim."""
    found = connection.execute(text("SELECT claim_token, outcome FROM media_process_attempt"))
    return {row.claim_token: row.outcome for row in found}
