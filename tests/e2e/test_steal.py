"""No shard starves: tasks of a shard without an executor, due for too long, are taken by others in their turn."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.db.schema.conditions import CLAIMABLE
from tests.parts.claim_queries import ClaimQueries
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, all_are_done, executors
from tests.parts.site import Site
from tests.parts.waiting import until

STEAL_AFTER = 2.0

# Records each query for due tasks, with the tasks that had been due for longer than the setting when it ended, and
# whether it looked for them from the front of the order: another one follows where a query goes on and finds nothing.
_NOTING = (
    """
    CREATE TABLE test_steal (
        at timestamptz DEFAULT now(), ended timestamptz DEFAULT clock_timestamp(), left_due bigint[], from_front boolean
    )
    """,
    f"""
    CREATE FUNCTION test_note_steal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF strpos(current_query(), 'due_tasks') > 0 THEN
            INSERT INTO test_steal (left_due, from_front)
            SELECT array_agg(id), strpos(current_query(), 'media_process.id) >') = 0 FROM media_process
            WHERE {CLAIMABLE} AND next_attempt_at <= now() - interval '{STEAL_AFTER} s';
        END IF;
        RETURN NULL;
    END $$
    """,  # noqa: S608 - of constants
    """
    CREATE TRIGGER test_note_steal AFTER UPDATE ON media_process
    FOR EACH STATEMENT EXECUTE FUNCTION test_note_steal()
    """,
)

# A claim that took nothing and had ended before the task's claim began: so it did not skip a row locked by that claim.
# A busy executor that gave the task back leaves it to the one that asked.
_PASSED_BY = """
SELECT a.task_id, s.at FROM media_process_attempt a JOIN test_steal s ON a.task_id = ANY (s.left_due)
WHERE s.from_front AND s.ended < a.started_at
AND s.at NOT IN (SELECT started_at FROM media_process_attempt)
AND NOT EXISTS (SELECT FROM media_process_attempt g
  WHERE g.task_id = a.task_id AND g.attempt < a.attempt AND g.error_class = 'given_back')
"""

_ATTEMPTS = """
SELECT a.task_id, a.executor_id, a.shard_index, a.outcome, a.error_class, a.started_at, a.finished_at,
  coalesce(lag(a.finished_at) OVER (PARTITION BY a.task_id ORDER BY a.attempt), h.created_at) AS due_at
FROM media_process_attempt a JOIN media_process_history h ON h.id = a.task_id
ORDER BY a.task_id, a.attempt
"""


def kill(one: ExecutorProcess) -> None:
    one.kill()


def drain(one: ExecutorProcess) -> None:
    one.send(signal.SIGTERM)
    one.wait_for(event="draining")
    one.send(signal.SIGTERM)
    assert one.wait() == 0


@pytest.mark.parametrize(("end", "left"), [(kill, "lost"), (drain, "released")])
def test_what_a_dead_shard_left_is_taken_a_tick_after_its_turn_at_the_latest(
    site: Site, clips: Clips, end: Callable[[ExecutorProcess], None], left: str
) -> None:
    """Every claim takes one of the tasks that may be stolen: with a free slot none waits beyond the next tick."""
    with site.engine.begin() as connection:
        for statement in _NOTING:
            connection.execute(text(statement))
    with orphans(site, clips, steal_after=STEAL_AFTER, end=end) as (living, tasks):
        all_are_done(living, tasks=set(tasks))
        ids = {one.executor_id for one in living}
    attempts = site.rows(_ATTEMPTS)
    assert [one["outcome"] for one in attempts if str(one["executor_id"]) not in ids] == [left]
    by_living = [one for one in attempts if str(one["executor_id"]) in ids]
    # While one of them encodes, what it claimed ahead may be given back to the other.
    ended = [one["task_id"] for one in by_living if one["error_class"] != "given_back"]
    assert sorted(ended) == sorted(tasks)
    assert {one["outcome"] for one in by_living if one["error_class"] != "given_back"} == {"completed"}
    firsts = {one["task_id"]: one for one in reversed(by_living)}.values()
    stolen = [one for one in firsts if one["task_id"] % 3 == 2]
    assert len(stolen) == len(tasks) / 3
    for one in stolen:
        assert one["started_at"] >= one["due_at"] + timedelta(seconds=STEAL_AFTER), "a living owner would come first"
    assert {one["started_at"] for one in stolen} <= set(site.rows_of("SELECT at FROM test_steal"))
    assert not site.rows(_PASSED_BY)


def test_with_stealing_off_the_others_leave_it_alone_however_long(site: Site, clips: Clips) -> None:
    """The control of the test above: the same tasks, due for longer, and executors that find nothing else."""
    claim_queries = ClaimQueries(site.engine)
    with orphans(site, clips, steal_after=0, end=kill) as (living, tasks):
        all_are_done(living, tasks={task for task in tasks if task % 3 != 2})
        long_due = f"now() - max(next_attempt_at) > interval '{2 * STEAL_AFTER} s'"
        until(lambda: site.value(f"SELECT {long_due} AND bool_and(status != 'processing') FROM media_process"))  # noqa: S608 - of numbers
        # Two ticks of each.
        claim_queries.wait_for(claim_queries.count + 4)
        assert set(site.rows_of("SELECT id FROM media_process")) == {task for task in tasks if task % 3 == 2}
        assert {(one["task_id"] % 3, one["shard_index"]) for one in site.attempts()} == {(0, 0), (1, 1), (2, 2)}


@contextmanager
def orphans(
    site: Site, clips: Clips, *, steal_after: float, end: Callable[[ExecutorProcess], None]
) -> Iterator[tuple[list[ExecutorProcess], dict[int, Path]]]:
    """The executors of two shards of three, after the third's was ended during its first task, and the tasks of all."""
    # The living executors renew this lease in time on a busy machine too; the dead one is detected by its lock.
    settings = site.settings | {"steal_after": f"{steal_after:g}", "slots": "1", "lease": "15", "heartbeat": "1"}
    # The encode takes longer than the end of its executor, also on an idle machine.
    long = clips.make("avi", seconds=40, size=(640, 480), seed=14_000)
    first, *others = clips.make_many(8, seconds=0.4, first_seed=14_001)
    with executors("0/3", "1/3", "2/3", settings=settings, arguments=()) as running:
        *living, third = running
        for one in running:
            one.wait_for(event="listening")
        tasks = site.enqueue([first, long])
        third.wait_for(event="stage_started", stage="transcode", task=2)
        end(third)
        # Enqueued only now: on a machine of many cores enqueueing all may take longer than the encode.
        yield living, tasks | site.enqueue(others)
