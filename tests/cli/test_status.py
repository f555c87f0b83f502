"""`mediaproc status` has one screen for people, and one exit code for a monitor."""

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from mediaproc.cli import status_screen
from mediaproc.core.shard import Shard
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, executor, insert_task


def test_an_idle_site_is_healthy(site: Command) -> None:
    ran = site("status")
    assert ran.code == 0
    assert ran.out.startswith("healthy\n")


def test_due_tasks_without_an_executor_are_a_reason_for_a_monitor(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        insert_task(connection, 1)
    ran = site("status")
    assert ran.code == 1
    assert ran.out.startswith("stuck\n- No executor is alive")


def test_the_screen_shows_the_queue_who_works_and_who_lives(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(3):
            insert_task(connection, number)
        claimed(connection, executor(connection))
    ran = site("status")
    assert ran.code == 0
    assert "a free slot" in ran.out
    assert "clip 0.avi" in ran.out
    assert "node-a" in ran.out
    (told,) = site("status", "--json").objects()
    assert told["diagnosis"] == {"health": "healthy", "reasons": []}
    assert told["working"][0]["filename"] == "clip 0.avi"
    assert {line["status"]: line["tasks"] for line in told["backlog"]} == {"pending": 2, "processing": 1}
    assert told["executors"][0]["shard_total"] == 1


def test_executors_of_transcodes_are_in_nobodys_way(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        for confined in (True, True, False):
            executor(connection, confined=confined)
    ran = site("status")
    assert ran.code == 0, ran.out
    assert ran.out.count("own tasks  running") == 2
    with engine.begin() as connection:
        executor(connection)
        # For more than the moment in which one takes the place of the other.
        connection.execute(text("UPDATE media_executor SET started_at = now() - interval '1 minute'"))
    assert "Shard 0/1 has 2 executors" in " ".join(site("status").out.split())
    warned = [each for each in site("doctor", "--json").objects() if each["part"] == "shards"]
    assert [each["state"] for each in warned] == ["warning"]
    assert "Give each a shard of its own" in warned[0]["remedy"]


def test_the_numbers_of_now_are_shown_and_that_they_are_automatic(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        executor(connection, shard=Shard(1, 3, is_auto=True))
    assert "1/3 (auto)" in site("status").out
    (told,) = site("status", "--json").objects()
    (line,) = told["executors"]
    assert (line["shard_index"], line["shard_total"], line["shard_is_auto"]) == (1, 3, True)


def test_a_healthcheck_of_this_host_is_about_its_own_executor(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        executor(connection)
        insert_task(connection, 1)
    assert site("status").code == 0
    assert site("status", "--here").code == 1
    with engine.begin() as connection:
        executor(connection, host=socket.gethostname())
    ran = site("status", "--here")
    assert (ran.code, ran.out) == (0, f"On {socket.gethostname()} 1 executor can be seen to live.\n")
    (told,) = site("status", "--here", "--json").objects()
    assert told["host"] == socket.gethostname()
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_executor SET heartbeat_at = now() - interval '61 seconds'"))
    assert site("status", "--here").code == 1


def test_a_healthcheck_reads_no_task(site: Command, engine: Engine) -> None:
    assert _tables_read_by(lambda: site("status", "--here"), engine=engine) == {"mediaproc_version", "media_executor"}


def test_the_whole_status_would_be_seen_to_read_tasks(site: Command, engine: Engine) -> None:
    assert {"media_executor", "media_process"} <= _tables_read_by(lambda: site("status"), engine=engine)


def _tables_read_by(command: Callable[[], object], *, engine: Engine) -> set[str]:
    """The tables in the plans of all statements that a command sends."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_others: object) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        command()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    tables: set[str] = set()
    with engine.connect() as connection:
        for statement, parameters in sent:
            if statement.lstrip().upper().startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
                tables |= set(re.findall(r"'Relation Name': '(\w+)'", str(plan)))
    return tables


def test_an_executor_without_bubblewrap_is_told_of(site: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        executor(connection)
    assert "bubblewrap" not in site("status").out
    with engine.begin() as connection:
        executor(connection, weak_sandbox="ffmpeg runs with limits only")
    assert "ffmpeg runs with limits only." in site("status").out


def test_programs_hear_how_much_disk_each_table_takes(site: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (told,) = site("status", "--json").objects()
    assert {"media_process", "media_process_history", "media_process_attempt", "media_audit"} <= set(told["disk"])
    assert min(told["disk"].values()) > 0
    assert "The tables take" not in site("status").out
    monkeypatch.setattr(status_screen, "_LARGE_TABLES", 1)
    assert "The tables take" in site("status").out
