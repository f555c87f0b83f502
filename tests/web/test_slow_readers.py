"""Many streams whose readers do not read: they cost no memory, and a database that was away is caught up with."""

import json
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from mediaproc.web.live import event_stream
from mediaproc.web.live import hub as hub_module
from tests.db.task_rows import add_tasks
from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until
from tests.web.conftest import opened
from tests.web.event_reader import EventReader, reading
from tests.web.server import Server, serving, site_of

STREAMS, ROWS, CHANGES = 40, 10, 25
# All changes for all readers, had they been kept, would be 80 MB.
_ERROR = "e" * 8000
# What is on its way to a reader is in the server's buffer, 64 KiB for each, beside what is just being written.
KEPT_AT_MOST = 20_000_000


@pytest.fixture
def fragile(own_postgres: PostgresServer, tmp_path: Path) -> Iterator[Server]:
    name = own_postgres.create_database()
    with opened(own_postgres.url(name), tmp_path) as parts, serving(site_of(parts)) as server:
        yield server
        server.site.hub.end()


def resident() -> int:
    """Bytes of memory of this process, in which the server runs."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def change_all(server: Server, priority: int) -> None:
    with server.site.parts.database.write() as connection:
        connection.execute(
            text("UPDATE media_process SET priority = :priority, error = :error"),
            {"priority": priority, "error": _ERROR},
        )


def last_states(reader: EventReader, *, priority: int) -> set[str]:
    """Read until every row is told of with that priority; returns the names of the events before."""
    names, states = set[str](), dict[int, int]()
    for event in reader.events():
        names.add(event.name)
        if event.name == "task":
            row = json.loads(event.data)
            states[row["id"]] = row["priority"]
            if len(states) == ROWS and set(states.values()) == {priority}:
                return names
    raise AssertionError("the stream has ended")


def test_readers_that_do_not_read_cost_no_memory_and_catch_up_after_a_restart_of_the_database(
    fragile: Server, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.01)
    # However slow the machine is, no reader is left behind.
    monkeypatch.setattr(event_stream, "READ_WITHIN", 600.0)
    ids = add_tasks(fragile.site.parts.database.engine, count=ROWS)
    query = "&".join(f"task={each}" for each in ids)
    with ExitStack() as streams:
        # No reader may have more than ten.
        tokens = [fragile.token(Scope.READ) for _ in range(STREAMS // 10)]
        slow = [
            streams.enter_context(reading(fragile, query, token=tokens[each % len(tokens)], receive_buffer=2**15))
            for each in range(STREAMS)
        ]
        # One that reads, so that all of each change was looked at, and could have been kept for the others.
        quick = streams.enter_context(reading(fragile, query, token=fragile.token(Scope.READ)))
        before = 0
        for priority in range(1, CHANGES):
            change_all(fragile, priority)
            last_states(quick, priority=priority)
            before = before or resident()
        grown = resident() - before
        own_postgres.restart("immediate")
        change_all(fragile, CHANGES)
        for reader in (quick, *slow):
            assert last_states(reader, priority=CHANGES) >= {"task", "reset"}
    until(lambda: fragile.site.hub.stream_count == 0)
    assert grown < KEPT_AT_MOST
