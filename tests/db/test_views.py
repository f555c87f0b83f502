"""The ops views answer their questions with real rows, and none reads all of history to do it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.health import Health, diagnose
from mediaproc.core.selection import Selection
from mediaproc.db.engine import connect
from mediaproc.db.tasks import lease, operator_acts
from mediaproc.db.tasks.lease import Held
from mediaproc.db.views import ops, tasks
from mediaproc.db.views.attempts import attempts_of, endings_of
from mediaproc.db.views.health_figures import figures
from mediaproc.db.views.lines import lines
from mediaproc.db.views.ops import WorkingLine
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, rejected, set_back
from tests.parts.postgres import PostgresServer

VIEWS = ("backlog", "cost_per_tenant", "done_per_hour", "executors", "stage_times", "waiting_for_a_person", "working")


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def _rows(connection: Connection, view: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM ops.{view}")).mappings()]  # noqa: S608


def add_one_of_each(connection: Connection) -> None:
    """A task that waits for each thing, and two that wait for a slot."""
    for number in range(5):
        insert_task(connection, number)
    claimant = executor(connection)
    set_back(connection, claimed(connection, claimant), failed())
    set_back(connection, claimed(connection, claimant), rejected())
    claimed(connection, claimant)


def test_the_backlog_says_what_each_task_waits_for(connection: Connection) -> None:
    add_one_of_each(connection)
    lines = {(line.status, line.waits_for): line.tasks for line in ops.backlog(connection)}
    assert lines == {
        ("pending", "a free slot"): 2,
        ("failed", "its backoff"): 1,
        ("rejected", "a person"): 1,
        ("processing", "its executor"): 1,
    }


def test_what_status_counts_of_a_short_queue_is_what_the_view_says(connection: Connection) -> None:
    add_one_of_each(connection)
    whole = connection.execute(text("SELECT * FROM ops.backlog ORDER BY status, profile, waits_for")).mappings()
    counted = [asdict(line) for line in ops.backlog(connection)]
    assert counted
    assert not any(line.pop("more") for line in counted)
    assert counted == [dict(row) for row in whole]


def test_a_long_queue_is_not_counted_to_its_end(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add_one_of_each(connection)
    before = {(line.status, line.waits_for): line.tasks for line in ops.backlog(connection)}
    monkeypatch.setattr(ops, "MOST_COUNTED", 1)
    for line in ops.backlog(connection):
        assert (line.tasks, line.more) == (1, before[line.status, line.waits_for] > 1)
    assert figures(connection).due <= 2


def test_a_task_out_of_strikes_waits_for_a_person(connection: Connection) -> None:
    task_id = insert_task(connection, 1)
    claimant = executor(connection)
    for _ in range(3):
        set_back(connection, claimed(connection, claimant), failed())
        connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    (row,) = _rows(connection, "waiting_for_a_person")
    assert (row["task_id"], row["fail_count"], row["error"]) == (task_id, 3, "ffmpeg gave up.")
    (line,) = ops.backlog(connection)
    assert line.waits_for == "a person"
    assert diagnose(figures(connection)).health is Health.ATTENTION


def test_what_was_edited_by_hand_is_seen(connection: Connection) -> None:
    task_id = insert_task(connection, 1)
    connection.execute(
        text("UPDATE media_process SET status = 'rejected', error_class = 'too_long', error = 'Ann said no.'")
    )
    (row,) = _rows(connection, "waiting_for_a_person")
    assert (row["task_id"], row["error"]) == (task_id, "Ann said no.")
    connection.execute(text("UPDATE media_process SET status = 'pending', next_attempt_at = now() + interval '1 day'"))
    assert _rows(connection, "waiting_for_a_person") == []
    (line,) = ops.backlog(connection)
    assert (line.status, line.tasks) == ("pending", 1)
    assert line.waits_for != "a free slot"


def test_working_tells_who_how_far_and_how_fast(connection: Connection) -> None:
    insert_task(connection, 1)
    claimant = executor(connection)
    task = claimed(connection, claimant)
    held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.25)]
    assert lease.renew(connection, held=held, lease=60.0).renewed == {task.claim_token}
    connection.execute(text("UPDATE media_process SET claimed_at = now() - interval '30 seconds'"))
    (line,) = ops.working(connection)
    assert (line.task_id, line.host, line.pid, line.executor_id) == (task.id, "node-a", 77, claimant.executor_id)
    assert (line.percent, line.percent_per_minute) == (25.0, 50.0)
    assert line.ready_in == timedelta(seconds=90)
    assert not line.lease_ran_out


def test_what_was_done_stands_in_its_hour(connection: Connection) -> None:
    claimant = executor(connection)
    for number in range(3):
        insert_task(connection, number)
    complete(connection, claimed(connection, claimant))
    set_back(connection, claimed(connection, claimant), rejected())
    assert operator_acts.cancel(connection, ids=[claimed(connection, claimant).id])
    rows = _rows(connection, "done_per_hour")
    assert len(rows) == 48
    (busy,) = [row for row in rows if row["completed"]]
    assert (busy["copied"], busy["rejected"], busy["cancelled"], busy["failed"]) == (1, 1, 1, 0)
    assert (float(busy["seconds_of_video"]), busy["bytes_of_output"]) == (12.5, 9)
    done = {"completed": 1, "rejected": 1, "failed": 0, "seconds_of_video": 12.5}
    assert ops.done_per_hour(connection, hours=2) == done
    for table in ("media_process_history", "media_process_attempt"):
        connection.execute(text(f"UPDATE {table} SET finished_at = finished_at - interval '2 hours'"))  # noqa: S608
    assert ops.done_per_hour(connection, hours=2) == dict.fromkeys(done, 0)
    assert ops.done_per_hour(connection, hours=3) == done


def test_a_tenant_is_billed_for_every_attempt_of_its_tasks(connection: Connection) -> None:
    claimant = executor(connection)
    for number in range(3):
        insert_task(connection, number)
    connection.execute(text("UPDATE media_process SET tenant = 'ann' WHERE id < (SELECT max(id) FROM media_process)"))
    set_back(connection, claimed(connection, claimant), failed())
    connection.execute(text("UPDATE media_process SET next_attempt_at = now()"))
    for _ in range(3):
        complete(connection, claimed(connection, claimant))
    billed = {row["tenant"]: row for row in _rows(connection, "cost_per_tenant")}
    assert billed.keys() == {"ann", ""}
    cost = ("tasks", "bytes_in", "bytes_out", "cpu_seconds", "seconds_of_video")
    assert [float(billed["ann"][name]) for name in cost] == [2, 10, 18, 3 * 9.5, 25]
    assert [float(billed[""][name]) for name in cost] == [1, 5, 9, 9.5, 12.5]


def test_stage_times_come_from_completed_tasks(connection: Connection) -> None:
    insert_task(connection, 1)
    complete(connection, claimed(connection, executor(connection)))
    stages = {row["stage"]: float(row["median_seconds"]) for row in _rows(connection, "stage_times")}
    assert stages == {"download": 0.5, "transcode": 8.0}


def test_an_executor_that_was_not_seen_for_a_lease_is_gone(connection: Connection) -> None:
    claimant = executor(connection)
    insert_task(connection, 1)
    claimed(connection, claimant)
    (line,) = ops.executors(connection, seen_within=timedelta(days=1))
    assert (line.state, line.tasks) == ("running", 1)
    connection.execute(text("UPDATE media_executor SET heartbeat_at = now() - interval '61 seconds'"))
    (line,) = ops.executors(connection, seen_within=timedelta(days=1))
    assert line.state == "gone"
    assert ops.executors(connection, seen_within=timedelta(seconds=60)) == []


def test_due_tasks_without_an_executor_are_stuck(connection: Connection) -> None:
    assert diagnose(figures(connection)).health is Health.HEALTHY
    insert_task(connection, 1)
    assert diagnose(figures(connection)).health is Health.STUCK
    executor(connection)
    assert diagnose(figures(connection)).health is Health.HEALTHY


def test_a_claim_that_nobody_took_from_a_dead_executor_is_stuck(connection: Connection) -> None:
    insert_task(connection, 1)
    claimed(connection, executor(connection))
    connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '61 seconds'"))
    assert diagnose(figures(connection)).health is Health.STUCK


def test_a_view_of_a_later_version_may_have_further_columns(connection: Connection) -> None:
    """So that `status` works while nodes are upgraded one after the other."""
    insert_task(connection, 1)
    claimed(connection, executor(connection))
    [line] = lines(connection, WorkingLine, "SELECT *, 'new' AS of_a_later_version FROM ops.working")
    assert [line] == ops.working(connection)


def test_a_task_is_found_wherever_it_is(connection: Connection) -> None:
    claimant = executor(connection)
    first, second, third = (insert_task(connection, number) for number in range(3))
    complete(connection, claimed(connection, claimant))
    set_back(connection, claimed(connection, claimant), failed())
    assert [line.id for line in tasks.tasks(connection)] == [third, second]
    assert [line.id for line in tasks.tasks(connection, with_history=True)] == [third, second, first]
    assert [line.id for line in tasks.tasks(connection, selection=Selection(status=("completed",)))] == [first]
    assert [
        line.id for line in tasks.tasks(connection, selection=Selection(status=("failed",)), with_history=True)
    ] == [second]
    assert [line.id for line in tasks.tasks(connection, limit=1)] == [third]
    done, waiting = tasks.tasks_named(connection, ids=[second, first, 999])
    assert (done.status, done.due_in) == ("completed", None)
    assert waiting.due_in is not None
    (attempt,) = attempts_of(connection, task_id=second)
    assert (attempt.outcome, attempt.log_tail, attempt.host) == ("failed", "frame= 7", "node-a")
    assert dict(attempt.stage_seconds) == {"download": 0.5, "transcode": 8.0}
    endings = endings_of(connection, ids=[first, second])
    assert list(endings) == [first]
    assert (endings[first].output_size, endings[first].flags) == (9, ("video:copied",))


def test_every_view_says_which_question_it_answers(connection: Connection) -> None:
    comments = connection.execute(
        text(
            "SELECT relname, obj_description(pg_class.oid) FROM pg_class"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'ops' AND relkind = 'v' ORDER BY 1"
        )
    )
    found = {row.relname: row.obj_description for row in comments}
    assert tuple(found) == VIEWS
    assert all(question and question.endswith("?") for question in found.values())


_MANY_TASKS = """
    INSERT INTO media_process_history
        (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, claim_token,
         verification, output_bucket, output_key, output_size, output_sha256, stage_seconds, created_at, finished_at)
    SELECT 1000000 + n, lpad(to_hex(n), 64, '0'), 'mp4', 'clip', 'b', 'k', 0, 0, 1, 'completed', gen_random_uuid(),
        'verified', 'b', 'o', 9, 'f', '{"transcode": 1.5}', moment, moment
    FROM generate_series(1, 100000) AS n, LATERAL (SELECT now() - n * interval '1 minute' AS moment) AS then_
"""
_MANY_ATTEMPTS = """
    INSERT INTO media_process_attempt
        (claim_token, task_id, attempt, executor_id, shard_index, shard_total, started_at, finished_at, outcome)
    SELECT claim_token, id, 1, gen_random_uuid(), 0, 1, finished_at, finished_at, 'completed'
    FROM media_process_history
"""


@pytest.fixture(scope="module")
def long_past(postgres_server: PostgresServer) -> Iterator[Connection]:
    """A database with 100,000 tasks in history, of which the last 48 hours hold some 2,900."""
    name = postgres_server.create_database()
    engine = connect(postgres_server.url(name), has_statement_timeout=False)
    with engine.connect() as connection:
        for statement in (_MANY_TASKS, _MANY_ATTEMPTS, "ANALYZE"):
            connection.execute(text(statement))
        connection.commit()
        yield connection
    engine.dispose()
    postgres_server.drop_database(name)


def _scanned(connection: Connection, query: str) -> set[str]:
    """The tables that the plan of a query reads from end to end."""
    (plan,) = connection.scalars(text(f"EXPLAIN (FORMAT JSON) {query}")).all()
    nodes, found = [plan[0]["Plan"]], set()
    while nodes:
        node = nodes.pop()
        nodes.extend(node.get("Plans", ()))
        if node["Node Type"] == "Seq Scan":
            found.add(node["Relation Name"])
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_reads_all_of_the_past(long_past: Connection, view: str) -> None:
    scanned = _scanned(long_past, f"SELECT * FROM ops.{view}")  # noqa: S608
    assert not scanned & {"media_process_history", "media_process_attempt"}
    assert long_past.execute(text(f"SELECT * FROM ops.{view}")).all() is not None  # noqa: S608


def test_the_guard_of_the_views_sees_a_full_scan(long_past: Connection) -> None:
    assert _scanned(long_past, "SELECT count(*) FROM media_process_history WHERE filename = 'x'")
