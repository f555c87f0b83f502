"""The overview tells what is there, counts no further than it says, and walks an index however many rows there are."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db.views import health_figures, ops, overview
from mediaproc.db.views.overview import read_overview
from mediaproc.db.views.source_of_task import source_of_task
from mediaproc.db.views.whole_task import whole_tasks
from tests.db.crowded_tables import READS_ALL, explained, fill
from tests.db.sample_rows import claimed_at_once, complete, executor, failed, insert_task, rejected, set_back


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def test_it_tells_what_waits_fails_and_is_done(connection: Connection) -> None:
    node = executor(connection)
    executor(connection, host="node-b", shard=Shard(1, 3))
    done, no_video, broken, *waiting = (insert_task(connection, number) for number in range(1, 8))
    complete(connection, claimed_at_once(connection, done, by=node))
    set_back(connection, claimed_at_once(connection, no_video, by=node), rejected())
    for _ in range(3):
        set_back(connection, claimed_at_once(connection, broken, by=node), failed())
    site = read_overview(connection)
    assert [(line.error_class, line.tasks, line.lately) for line in site.failures] == [
        ("no_video", 1, 1),
        ("transcode_failed", 1, 1),
    ]
    assert [(line.tasks, line.bytes_in, line.bytes_out) for line in site.hours] == [
        *[(0, 0, 0)] * (overview.HOURS - 1),
        (1, 5, 9),
    ]
    assert (site.shard_total, [(line.profile, line.tasks) for line in site.shards]) == (
        3,
        [("mp4", sum(task % 3 == index for task in waiting)) for index in range(3)],
    )
    assert [line.host for line in site.living] == ["node-a", "node-b"]
    assert not any("failed for good" in reason for reason in site.reasons)
    assert any("failed for good" in reason for reason in site.diagnosis.reasons)


def test_an_executor_that_was_killed_needs_nobody_once_another_one_has_begun_on_its_machine(
    connection: Connection,
) -> None:
    for host in ("node-a", "node-b"):
        executor(connection, host=host)
    connection.execute(
        text("UPDATE media_executor SET heartbeat_at = now() - interval '5 min', started_at = now() - interval '1 h'")
    )
    assert {line.host for line in read_overview(connection).silent} == {"node-a", "node-b"}
    executor(connection, host="node-b")
    assert [line.host for line in read_overview(connection).silent] == ["node-a"]


def test_a_tasks_source_is_told_with_what_the_attempts_cost(connection: Connection) -> None:
    node = executor(connection)
    task = insert_task(connection, 1)
    for _ in range(2):
        set_back(connection, claimed_at_once(connection, task, by=node), failed())
    source = source_of_task(connection, task_id=task, file_id=f"{1:064x}")
    assert source is not None
    assert (source.mime_type, source.size, source.cpu_seconds) == ("video/x-msvideo", 5, 19.0)
    assert source_of_task(connection, task_id=task, file_id="f" * 64) is None


def test_every_statement_of_the_overview_and_of_a_task_walks_an_index(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As few of many are counted here as of ten million are counted there."""
    for module in (overview, ops, health_figures):
        monkeypatch.setattr(module, "MOST_COUNTED", 100)
    fill(database_url)
    with engine.begin() as connection:
        executor(connection, shard=Shard(0, 4))
        connection.execute(text("UPDATE media_process_history SET finished_at = created_at"))
        connection.execute(text("UPDATE media_process SET next_attempt_at = created_at"))
        connection.execute(text("ANALYZE"))
        with explained(connection) as plans:
            site = read_overview(connection)
            source_of_task(connection, task_id=1, file_id="f" * 64)
            whole_tasks(connection, ids=[1])
        assert site.shards
        assert len(plans) > 10
        assert [plan for plan in plans if READS_ALL in plan] == []
        connection.execute(text("DROP INDEX media_process_overdue_idx"))
        connection.execute(text("DROP INDEX media_process_history_finished_at_idx"))
        with explained(connection) as plans:
            read_overview(connection)
        assert [plan for plan in plans if READS_ALL in plan], "the control: a missing index would be noticed"
