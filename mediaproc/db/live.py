"""What the hub of the page reads at each look, beside the tasks on screens: bounded, however many tasks there are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from mediaproc.core.health import MOST_COUNTED
from mediaproc.db.schema.conditions import CLAIMABLE, EXHAUSTED, IS_PROCESSING
from mediaproc.db.views.ops import RegisteredExecutor
from mediaproc.db.views.tasks import Count

# More executors and claims than a screen shows.
_MOST_EXECUTORS, _MOST_CLAIMS = 1000, 5000


@dataclass(frozen=True, kw_only=True)
class LiveCounts:
    """How many tasks wait for what, each counted up to a bound."""

    for_a_slot: Count
    for_their_backoff: Count
    working: Count
    exhausted: Count
    rejected: Count


@dataclass(frozen=True, kw_only=True)
class LiveExecutor(RegisteredExecutor):
    """An executor, and the tasks that it works on."""

    works_on: tuple[int, ...]


# Each part walks an index, and ends with the first task that is not counted any more.
_PARTS: Mapping[str, str] = {
    "for_a_slot": f"{CLAIMABLE} AND next_attempt_at <= now() ORDER BY next_attempt_at, id",
    "for_their_backoff": f"{CLAIMABLE} AND next_attempt_at > now() ORDER BY next_attempt_at, id",
    "working": IS_PROCESSING,
    "exhausted": f"{EXHAUSTED} ORDER BY updated_at",
    "rejected": "status = 'rejected' ORDER BY updated_at",
}


def live_counts(connection: Connection) -> LiveCounts:
    """The counts now."""
    row = connection.execute(_counts(), {"most": MOST_COUNTED}).one()
    return LiveCounts(
        **{
            name: Count(tasks=min(found, MOST_COUNTED), more=found > MOST_COUNTED)
            for name, found in row._asdict().items()
        }
    )


def live_executors(connection: Connection) -> list[LiveExecutor]:
    """The executors that were seen within the last hour, by shard."""
    working = defaultdict[UUID, list[int]](list)
    for claim in connection.execute(_claims(), {"most": _MOST_CLAIMS}):
        working[claim.claimed_by].append(claim.id)
    return [
        LiveExecutor(**row, works_on=tuple(working[row["executor_id"]]))
        for row in connection.execute(_executors(), {"most": _MOST_EXECUTORS}).mappings()
    ]


@lru_cache(maxsize=1)
def _counts() -> TextClause:
    counts = (
        f"(SELECT count(*) FROM (SELECT FROM media_process WHERE {part} LIMIT :most + 1) AS found) AS {name}"  # noqa: S608 - our own words
        for name, part in _PARTS.items()
    )
    return text(f"SELECT {', '.join(counts)}")


@lru_cache(maxsize=1)
def _claims() -> TextClause:
    # By the index of what runs.
    return text(f"SELECT id, claimed_by FROM media_process WHERE {IS_PROCESSING} ORDER BY id LIMIT :most")  # noqa: S608


@lru_cache(maxsize=1)
def _executors() -> TextClause:
    # Without the column for which the view counts tasks.
    columns = ", ".join(field.name for field in fields(LiveExecutor) if field.name != "works_on")
    return text(
        f"SELECT {columns} FROM ops.executors WHERE last_seen < interval '1 hour'"  # noqa: S608 - our own names
        " ORDER BY shard_total, shard_index, started_at, executor_id LIMIT :most"
    )
