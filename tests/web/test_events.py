"""What changes is told as it changes, to those who may see it, for as long as they may."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import event, text

from mediaproc.core.access import Scope, Token
from mediaproc.db.access import tokens
from mediaproc.db.tasks.lease import Held
from mediaproc.db.tasks.watched_progress import write_watched_progress
from mediaproc.web.live import hub as hub_module
from mediaproc.web.live import looks
from mediaproc.web.live.streams import MOST_FOR_ONE
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer
from tests.parts.waiting import until
from tests.web.conftest import opened
from tests.web.event_reader import reading
from tests.web.server import Server, serving, site_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(looks, "_COUNT_EVERY", 0.1)


@pytest.fixture
def live(own_server: Server) -> Iterator[Server]:
    """A server whose streams end before it does."""
    yield own_server
    own_server.site.hub.end()


def execute(server: Server, statement: str, **values: object) -> None:
    with server.site.parts.database.write() as connection:
        connection.execute(text(statement), values)


def test_a_stream_tells_the_state_at_first_and_then_each_change(live: Server) -> None:
    engine, token = live.site.parts.database.engine, live.token(Scope.READ)
    ids = add_tasks(engine, count=3)
    with reading(live, f"task={ids[0]}&task={ids[1]}", token=token) as reader:
        events = reader.events()
        assert {next(events).json()["id"], next(events).json()["id"]} == {ids[0], ids[1]}
        execute(live, "UPDATE media_process SET progress = 0.5 WHERE id >= :id", id=ids[1])
        changed = next(events)
        assert (changed.name, changed.json()["id"], changed.json()["progress"]) == ("task", ids[1], 0.5)
        task = claim_one(engine)
        assert reader.until("task", status="processing").json()["id"] == task.id == ids[0]
        with engine.begin() as connection:
            assert complete(connection, task)
        done = reader.until("task", status="completed").json()
    assert done == next(each for each in live.get("/api/v1/tasks?q=status:completed", token=token).json()["items"])


def test_the_answer_is_kept_by_nobody_on_its_way(live: Server) -> None:
    with reading(live, "counts=true", token=live.token(Scope.READ)) as reader:
        assert reader.status == 200
        assert reader.headers["Content-Type"].startswith("text/event-stream")
        assert reader.headers["Cache-Control"] == "no-store"
        assert reader.headers["X-Accel-Buffering"] == "no"
        assert "Content-Security-Policy" in reader.headers


def test_a_selection_tells_its_first_page_and_how_many_it_misses(live: Server) -> None:
    engine = live.site.parts.database.engine
    (first,) = add_tasks(engine, count=1, name="shown")
    with reading(live, "q=name:shown", token=live.token(Scope.READ)) as reader:
        assert reader.until("task").json()["id"] == first
        add_tasks(engine, count=2, name="shown-too")
        add_tasks(engine, count=2, name="other")
        assert reader.until("newer", tasks=2).json() == {"tasks": 2, "more": False}


def test_counts_and_executors_are_told(live: Server) -> None:
    engine = live.site.parts.database.engine
    add_tasks(engine, count=2)
    with reading(live, "counts=true&executors=true", token=live.token(Scope.READ)) as reader:
        assert reader.until("counts").json()["for_a_slot"] == {"tasks": 2, "more": False}
        execute(
            live,
            "INSERT INTO media_executor (id, host, pid, shard_index, shard_total, slots, state, lease, version)"
            " VALUES (gen_random_uuid(), 'node-7', 1, 0, 1, 2, 'running', 60, '1')",
        )
        assert reader.until("executor", host="node-7").json()["works_on"] == []
        execute(live, "UPDATE media_executor SET heartbeat_at = now(), state = 'draining'")
        assert reader.until("executor", host="node-7").json()["state"] == "draining"


def test_whoever_comes_again_is_told_what_changed_meanwhile(live: Server) -> None:
    engine, token = live.site.parts.database.engine, live.token(Scope.READ)
    ids = add_tasks(engine, count=2)
    query = f"task={ids[0]}&task={ids[1]}"
    # Somebody else goes on to look, so that the server knows what has changed.
    with reading(live, query, token=token), reading(live, query, token=token) as reader:
        events = reader.events()
        last = [next(events), next(events)][-1]
        assert last.id
        execute(live, "UPDATE media_process SET priority = 5 WHERE id = :id", id=ids[0])
        with reading(live, query, token=token, headers={"Last-Event-ID": last.id}) as again:
            told = next(again.events())
            assert (told.name, told.json()["id"], told.json()["priority"]) == ("task", ids[0], 5)


@pytest.mark.parametrize("last", ["00000000:3", "nonsense", "1:" + "9" * 90])
def test_whoever_comes_from_elsewhere_is_told_to_forget_what_it_knows(live: Server, last: str) -> None:
    (task,) = add_tasks(live.site.parts.database.engine, count=1)
    with reading(live, f"task={task}", token=live.token(Scope.READ), headers={"Last-Event-ID": last}) as reader:
        assert next(reader.events()).name == "reset"
        assert reader.until("task").json()["id"] == task


def test_a_list_with_history_misses_what_came_and_is_done_already(live: Server) -> None:
    engine, token = live.site.parts.database.engine, live.token(Scope.READ)
    add_tasks(engine, count=1)
    task = claim_one(engine)
    with engine.begin() as connection:
        assert complete(connection, task)
    for asked, found in (("true", 1), ("false", 0)):
        with reading(live, f"newest=1970-01-01T00:00:00Z/1&all={asked}", token=token, path="/live") as reader:
            assert reader.until("newer").json() == {"tasks": found, "more": False}


def test_another_tenants_task_is_not_there(live: Server) -> None:
    engine = live.site.parts.database.engine
    mine, other = add_tasks(engine, count=2)
    execute(
        live,
        "WITH own AS (UPDATE media_process SET tenant = 'ann' WHERE id = :id RETURNING file_id, filename)"
        " INSERT INTO media_upload (file_id, tenant, filename) SELECT file_id, 'ann', filename FROM own",
        id=mine,
    )
    token = live.token(Scope.READ, tenant="ann")
    with reading(live, f"task={mine}", token=token) as reader:
        assert reader.until("task").json()["id"] == mine
    answer = live.get(f"/api/v1/events?task={mine}&task={other}", token=token)
    assert (answer.status, answer.json()["detail"]) == (404, f"There is no task {other}.")
    for query in ("counts=true", "executors=true", "q=tenant:bob"):
        assert live.get(f"/api/v1/events?{query}", token=token).status == 403
    with reading(live, "q=status:pending", token=token) as reader:
        assert reader.until("task").json()["id"] == mine


def test_a_stream_needs_the_right_to_read(live: Server) -> None:
    assert live.get("/api/v1/events?counts=true").status == 401
    assert live.get("/api/v1/events?counts=true", token=live.token(Scope.ENQUEUE)).status == 403


def test_one_reader_has_so_many_streams_and_no_more(live: Server) -> None:
    token = live.token(Scope.READ)
    with ExitStack() as streams:
        for _ in range(MOST_FOR_ONE):
            streams.enter_context(reading(live, "counts=true", token=token)).until("counts")
        refused = live.get("/api/v1/events?counts=true", token=token)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "10")
        with reading(live, "counts=true", token=live.token(Scope.READ)) as other:
            other.until("counts")
    # A stream whose reader has gone is no stream any more.
    until(lambda: live.site.hub.stream_count == 0)
    with reading(live, "counts=true", token=token) as reader:
        reader.until("counts")


def test_the_stream_of_a_revoked_token_ends(live: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "CHECK_EVERY", 0.0)
    token = live.token(Scope.READ)
    with (
        reading(live, "counts=true", token=token) as reader,
        reading(live, "counts=true", token=live.token(Scope.READ)) as other,
    ):
        reader.until("counts")
        other.until("counts")
        parsed = Token.parse(token)
        assert parsed is not None
        with live.site.parts.database.write() as connection:
            tokens.revoke(connection, ids=[parsed.id])
        assert reader.text() == ""
        add_tasks(live.site.parts.database.engine, count=1)
        assert other.until("counts").json()["for_a_slot"]["tasks"] == 1


def test_a_server_that_stops_ends_its_streams(live: Server) -> None:
    with reading(live, "counts=true", token=live.token(Scope.READ)) as reader:
        reader.until("counts")
        live.site.hub.end()
        assert reader.text() == ""


def test_nothing_is_asked_of_the_database_while_nobody_looks(live: Server) -> None:
    token, asked = live.token(Scope.READ), list[str]()
    with reading(live, "counts=true", token=token) as reader:
        reader.until("counts")
    until(lambda: live.site.hub.stream_count == 0)
    engine = live.site.parts.database.engine
    # What is under way when the stream ends is the last look.
    until(lambda: live.site.hub.is_asleep)
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert live.site.hub.is_asleep
    assert asked == []


def test_what_runs_on_a_screen_is_noted_as_watched(live: Server) -> None:
    engine = live.site.parts.database.engine
    ids = add_tasks(engine, count=2)
    task = claim_one(engine)

    def watched() -> list[object]:
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT claim_token FROM media_watch")))

    with reading(live, f"task={ids[0]}&task={ids[1]}", token=live.token(Scope.READ)) as reader:
        reader.until("task", status="processing")
        until(lambda: watched() == [task.claim_token])
        second = claim_one(engine)
        reader.until("task", id=second.id, status="processing")
        until(lambda: set(watched()) == {task.claim_token, second.claim_token})


def test_whoever_names_nothing_is_told_what_there_is(live: Server) -> None:
    answer = live.get("/api/v1/events", token=live.token(Scope.READ))
    assert (answer.status, answer.json()["detail"].partition(":")[0]) == (400, "Name what is to be told of")


def test_events_are_compressed_for_whoever_takes_them_so_and_each_comes_at_once(live: Server) -> None:
    engine, decompressed = live.site.parts.database.engine, zlib.decompressobj(wbits=31)
    ids = add_tasks(engine, count=2)
    query, gzip = f"task={ids[0]}&task={ids[1]}", {"Accept-Encoding": "gzip"}
    with reading(live, query, token=live.token(Scope.READ), headers=gzip) as reader:
        assert reader.headers["Content-Encoding"] == "gzip"
        told = sent = ""
        for priority in (3, 4):
            execute(live, "UPDATE media_process SET priority = :priority", priority=priority)
            while told.count(f'"priority": {priority}') < len(ids):
                raw = reader.raw()
                told += decompressed.decompress(raw).decode()
                sent += raw.hex()
    assert len(sent) / 2 < len(told) / 3


@needs_pgbouncer
def test_all_of_it_works_behind_a_pooler_that_lends_sessions_to_others(database_url: str, tmp_path: Path) -> None:
    with running_pgbouncer(database_url, mode="transaction") as url, opened(url, tmp_path) as parts:
        engine = parts.database.engine
        (task_id,) = add_tasks(engine, count=1)
        with serving(site_of(parts)) as server:
            with reading(
                server, f"task={task_id}&counts=true&executors=true", token=server.token(Scope.READ)
            ) as reader:
                reader.until("task", status="pending")
                task = claim_one(engine)
                reader.until("task", status="processing")
                held = [Held(task_id=task.id, claim_token=task.claim_token, progress=0.5)]

                def written() -> bool:
                    with parts.database.single(waits_for_standby=False) as connection:
                        return write_watched_progress(connection, held=held) == {task.claim_token}

                # Once the hub has noted who looks.
                until(written)
                reader.until("task", progress=0.5)
            server.site.hub.end()
