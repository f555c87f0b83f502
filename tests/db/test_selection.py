"""A selection finds exactly the rows that its words mean, page by page."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from mediaproc.core.errors import WrongUse
from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db import selection as module
from mediaproc.db.file_deletion import delete_history, forget_upload, give_up_file
from mediaproc.db.selection import Cursor, looking
from mediaproc.db.tasks import selected_tasks
from mediaproc.db.uploads import record_upload
from mediaproc.db.views import tasks
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, rejected, set_back

NODE_A, NODE_B = UUID("aaaaaaaa-0000-4000-8000-000000000001"), UUID("bbbbbbbb-0000-4000-8000-000000000002")
_SETUP = """
UPDATE media_process SET created_at = now() - id * interval '1 hour';
UPDATE media_process_history SET created_at = now() - id * interval '1 hour';
UPDATE media_process SET tenant = 'acme', profile = 'gif' WHERE id = 5;
UPDATE media_upload SET tenant = 'acme' WHERE file_id = lpad('5', 64, '0');
UPDATE media_process SET status = 'failed', fail_count = 3, error_class = 'stalled', error = 'It stood.' WHERE id = 6;
"""


_FOUND: Mapping[str, list[int]] = {
    "1 4 99": [1, 4],
    "status:pending": [5],
    "status:processing": [4],
    "status:failed": [2, 6],
    "status:exhausted": [6],
    "status:exhausted|rejected": [3, 6],
    "status:completed": [1],
    "status:failed|cancelled": [2, 6, 7],
    "status:deleted": [],
    "class:stalled": [6],
    "class:no_video|stalled": [3, 6],
    "status:failed class:no_video": [],
    "profile:gif": [5],
    "profile:mp4|gif status:pending": [5],
    "tenant:acme": [5],
    'tenant:"" status:pending|failed': [2, 6],
    "shard:1/3": [4],
    "shard:0/3|1/3": [3, 4, 6],
    "executor:node-a": [3, 4],
    "executor:bbbbbbbb": [2],
    f"executor:{NODE_A} status:completed|processing": [1, 4],
    "executor:node": [],
    "executor:bbbbbbb": [],
    "name:film": [3, 5],
    "name:100%_": [3, 5],
    "name:%": [3, 5],
    "name:_2": [],
    "name:film name:_3|_4": [3],
    'name:"clip 2"': [2],
    "name:' status:failed": [],
    f"file:{5:064x}": [5],
    "file:00000000": [2, 3, 4, 5, 6],
    "file:deadbeef": [],
    "older:270m": [5, 6],
    "newer:210m": [2, 3],
    "older:90m newer:210m status:completed|failed|rejected": [2, 3],
}


@pytest.fixture
def rows(engine: Engine) -> Iterator[Connection]:
    """1 completed at a, 2 failed at b, 3 rejected and 4 in work at a, 5 pending of acme, 6 exhausted, 7 cancelled."""
    with engine.begin() as connection:
        for number in range(1, 8):
            insert_task(connection, number, filename=f"Film 100%_{number}.AVI" if number % 2 else f"clip {number}.mov")
        a, b = executor(connection, host="node-a"), executor(connection, host="node-b")
        for one, node in ((a, NODE_A), (b, NODE_B)):
            statement = text("UPDATE media_executor SET id = :id WHERE id = :old")
            connection.execute(statement, {"id": node, "old": one.executor_id})
        a, b = (type(one)(executor_id=node, shard=one.shard, lease=60.0) for one, node in ((a, NODE_A), (b, NODE_B)))
        complete(connection, claimed(connection, a))
        set_back(connection, claimed(connection, b), failed())
        set_back(connection, claimed(connection, a), rejected())
        claimed(connection, a)
        connection.execute(
            text(
                "WITH gone AS (DELETE FROM media_process WHERE id = 7 RETURNING *) INSERT INTO media_process_history"
                " (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome,"
                " created_at) SELECT id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt,"
                " 'cancelled', created_at FROM gone"
            )
        )
        for change in _SETUP.strip().splitlines():
            connection.execute(text(change))
        yield connection


def test_each_word_finds_what_it_means(rows: Connection) -> None:
    found = {}
    for written in _FOUND:
        selection = Selection.parse(written)
        found[written] = sorted(line.id for line in tasks.tasks(rows, selection=selection))
        assert tasks.count(rows, selection=selection) == tasks.Count(tasks=len(found[written]), more=False)
    assert found == _FOUND


def _seen(rows: Connection, written: str) -> list[int]:
    selection = Selection.parse(written)
    found = sorted(line.id for line in tasks.tasks(rows, selection=selection, with_history=True))
    assert tasks.count(rows, selection=selection, with_history=True).tasks == len(found)
    return found


def _have(rows: Connection, *files_of_tenants: tuple[int, str]) -> None:
    for number, tenant in files_of_tenants:
        record_upload(rows, file_id=f"{number:064x}", tenant=tenant, filename="mine.avi")


def test_a_task_is_of_every_tenant_that_has_its_file(rows: Connection) -> None:
    _have(rows, (1, "acme"), (2, "acme"), (5, "beta"), (5, "gamma"))
    # Nobody has told whose it is: it counts for the task's own tenant.
    rows.execute(text("DELETE FROM media_upload WHERE file_id = :id"), {"id": f"{3:064x}"})
    assert _seen(rows, "tenant:acme") == [1, 2, 5]
    assert _seen(rows, "tenant:acme status:failed|completed") == [1, 2]
    assert _seen(rows, "tenant:beta") == _seen(rows, "tenant:beta|gamma") == [5]
    assert _seen(rows, "tenant:acme|beta") == [1, 2, 5]
    assert _seen(rows, 'tenant:""') == [1, 2, 3, 4, 6, 7]
    assert _seen(rows, "tenant:nobody") == []


def test_an_act_on_a_tenants_tasks_means_those_that_its_list_shows(rows: Connection) -> None:
    _have(rows, (2, "acme"), (3, "beta"), (5, "beta"))
    selection, until = Selection.parse("tenant:acme"), selected_tasks.beginning(rows)
    first, second = (
        selected_tasks.batch(rows, selection=selection, until=until, after=after, limit=1)[0]
        for after in (None, Cursor(created_at=until - timedelta(hours=5), id=5))
    )
    # The oldest first.
    assert [first.id, second.id] == [5, 2]
    assert selected_tasks.still_of(rows, selection=selection, ids=range(1, 8)) == {2, 5}
    assert selected_tasks.lock_free(rows, selection=selection, ids=range(1, 8)) == {2, 5}
    assert [selected_tasks.await_one(rows, selection=selection, task_id=each) for each in (2, 3)] == [True, False]


def test_a_tenant_that_deleted_its_file_sees_its_task_no_more_while_another_has_it(rows: Connection) -> None:
    _have(rows, (5, "beta"))
    assert forget_upload(rows, file_id=f"{5:064x}", tenant="acme")
    assert (_seen(rows, "tenant:acme"), _seen(rows, "tenant:beta")) == ([], [5])
    _have(rows, (5, "acme"))
    assert _seen(rows, "tenant:acme") == _seen(rows, "tenant:beta") == [5]


def test_what_was_deleted_stays_with_the_tenant_on_whose_bill_it_is(rows: Connection) -> None:
    rows.execute(text("UPDATE media_process_history SET tenant = 'acme' WHERE id = 1"))
    _have(rows, (1, "acme"), (1, "beta"))
    delete_history(rows, file_id=f"{1:064x}")
    give_up_file(rows, file_id=f"{1:064x}")
    assert (_seen(rows, "tenant:acme status:deleted"), _seen(rows, "tenant:beta")) == ([1], [])
    # The same bytes are a new file.
    _have(rows, (1, "beta"), (1, "gamma"))
    assert (_seen(rows, "tenant:acme status:deleted"), _seen(rows, "tenant:beta")) == ([1], [])


def test_pages_follow_one_another_until_every_task_was_shown_once(rows: Connection) -> None:
    rows.execute(text("UPDATE media_process SET created_at = now() WHERE id IN (3, 5)"))
    seen, after = [], None
    while page := tasks.tasks(rows, with_history=True, limit=2, after=after):
        seen += [line.id for line in page]
        after = Cursor.parse(str(Cursor(created_at=page[-1].created_at, id=page[-1].id)))
    assert seen == [5, 3, 1, 2, 4, 6, 7]
    assert [line.id for line in tasks.tasks(rows)] == [5, 3, 2, 4, 6]


def test_a_count_stops_and_says_so(rows: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_COUNTED", 3)
    assert tasks.count(rows, selection=EVERYTHING) == tasks.Count(tasks=3, more=True)
    assert tasks.count(rows, selection=Selection.parse("name:film")) == tasks.Count(tasks=2, more=False)


def test_a_look_that_takes_too_long_is_refused_with_a_sentence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_TIMEOUT", 0.1)
    with (
        engine.connect() as connection,
        pytest.raises(WrongUse, match=r"add a word .* newer:1d"),
        connection.begin(),
        looking(connection),
    ):
        connection.execute(text("SELECT pg_sleep(60)"))


def test_another_fault_is_no_sentence_about_the_selection(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(OperationalError), connection.begin(), looking(connection):
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.mark.parametrize(
    "written",
    ["", "5", "now/5", "2026-01-01T00:00:00/5", "2026-01-01T00:00:00Z/0", "2026-01-01T00:00:00Z/" + "9" * 30, "a/\x00"],
)
def test_what_is_no_cursor_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(WrongUse, match="no place in a list"):
        Cursor.parse(written)
