"""How many due tasks stand before one in the order of the claims, and when it is likely to be ready."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from mediaproc.core.health import MOST_COUNTED
from mediaproc.core.pause import pause_of_task
from mediaproc.db.control import read_pauses
from mediaproc.db.schema.conditions import CLAIMABLE


@dataclass(frozen=True, kw_only=True)
class Place:
    """A due task's place in line: `before` is cut at `MOST_COUNTED`, and `more` says so.

    `ready_in` is None where nothing can be told: nothing was done in the last hour, or no executor takes tasks now. Of
    more tasks than are counted it is the least that it can be. `paused` is the sentence about the pause, where there is
    one, for which nobody claims the task.
    """

    before: int
    more: bool
    ready_in: timedelta | None
    paused: str | None = None


_OWN = f"""
SELECT "position", id, expected_cost, profile FROM media_process
WHERE id = :task_id AND {CLAIMABLE} AND next_attempt_at <= now()
"""  # noqa: S608 - our own condition

# It walks the index of the claims from the front, and ends with the first task that is not counted any more.
BEFORE = f"""
SELECT count(*) AS tasks, coalesce(sum(expected_cost), 0)::float AS cost FROM (
    SELECT expected_cost FROM media_process
    WHERE {CLAIMABLE} AND next_attempt_at <= now() AND ("position", id) < (:position, :id)
        AND "position" > '-Infinity'
    ORDER BY "position", id LIMIT :most + 1
) AS line
"""  # noqa: S608

# Slot-seconds of work done a second: what the encodes of the last hour took, each at least the second that any task
# counts for, over the time since the first of them was claimed.
_SPEED = """
SELECT sum(greatest(1, (stage_seconds ->> 'transcode')::float))
    / greatest(1, least(3600, extract(epoch FROM now() - min(claimed_at))))::float
FROM media_process_history
WHERE finished_at > now() - interval '1 hour' AND outcome = 'completed'
"""

_IS_ANYBODY_THERE = "SELECT EXISTS (SELECT FROM ops.executors WHERE state = 'running' AND NOT confined)"


def place_in_line(connection: Connection, *, task_id: int) -> Place | None:
    """The task's place; None where it is not due, is worked on, waits for a person, or is done."""
    own = connection.execute(text(_OWN), {"task_id": task_id}).one_or_none()
    if own is None:
        return None
    line = connection.execute(text(BEFORE), {"position": own.position, "id": own.id, "most": MOST_COUNTED}).one()
    pause = pause_of_task(read_pauses(connection), task_id=own.id, profile=own.profile)
    speed = None if pause else _speed(connection)
    ready_in = None if speed is None else timedelta(seconds=line.cost / speed + own.expected_cost)
    return Place(
        before=min(line.tasks, MOST_COUNTED),
        more=line.tasks > MOST_COUNTED,
        ready_in=ready_in,
        paused=None if pause is None else pause.with_remedy,
    )


def _speed(connection: Connection) -> float | None:
    """Slot-seconds of work that the site does in a second; None where it is not known, or nobody takes tasks now."""
    if not connection.scalar(text(_IS_ANYBODY_THERE)):
        return None
    speed: float | None = connection.scalar(text(_SPEED))
    return speed or None
