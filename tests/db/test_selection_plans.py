"""A page of a selection walks an index and stops at its end, however many rows there are and how few match."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db import selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from tests.db.crowded_tables import READS_ALL, explained, fill

_WALKED: Mapping[str, str] = {
    "status:pending": "media_process_created_at_idx",
    "older:200h": "media_process_created_at_idx",
    "shard:1/3": "media_process_created_at_idx",
    "status:rejected|failed older:1h": "media_process_failed_idx",
    "class:stalled": "media_process_error_class_idx",
    "profile:gif": "media_process_profile_idx",
    "tenant:acme": "media_process_tenant_idx",
    "file:deadbeef": "media_process_file_id_profile_key",
    "executor:aaaaaaaa": "media_process_attempt_executor_id_idx",
    "status:processing": "media_process_processing_idx",
    "status:completed": "media_process_history_created_at_idx",
    "status:completed newer:2h": "media_process_history_created_at_idx",
    "status:cancelled": "media_process_history_not_completed_idx",
    "status:completed class:stalled": "media_process_history_error_class_idx",
    "status:completed profile:gif": "media_process_history_profile_idx",
    "status:completed tenant:acme": "media_process_history_tenant_idx",
    "status:completed file:deadbeef": "media_process_history_file_id_idx",
    "status:deleted|cancelled": "media_process_history_not_completed_idx",
}


# What each table's part of a tenant's page walks: its own tasks, and those of its files that are another tenant's.
_WALKED_OF_TENANTS: Mapping[str, Collection[str]] = {
    # It has all files with others, and no task of its own.
    "tenant:all": {"media_process_tenant_idx", "media_process_created_at_idx", "media_upload_pkey"},
    "status:completed tenant:all": {
        *("media_process_history_tenant_idx", "media_process_history_created_at_idx", "media_upload_pkey"),
    },
    # It has three of 20,000.
    "tenant:few": {"media_upload_shared_idx", "media_process_file_id_profile_key"},
    "status:completed tenant:few": {"media_upload_shared_idx", "media_process_history_file_id_idx"},
    "tenant:acme": {"media_process_tenant_idx", "media_upload_shared_idx"},
    # Nearly every task is its own.
    'tenant:""': {"media_process_created_at_idx", "media_upload_pkey"},
    "tenant:nobody": {"media_process_tenant_idx", "media_upload_shared_idx"},
}

# Of these the table's first rows may all be others.
_FREQUENT = ("profile:mp4", "status:completed profile:mp4", "name:clip", "status:completed")


@pytest.fixture
def crowded(engine: Engine, database_url: str) -> Iterator[Connection]:
    fill(database_url)
    with engine.begin() as connection:
        yield connection


def _plan(connection: Connection, selection: Selection, *, with_history: bool = False) -> str:
    with explained(connection) as plans:
        tasks.tasks(connection, selection=selection, with_history=with_history, limit=51)
    (plan,) = plans
    return plan


@pytest.fixture
def few_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few of many as are counted of ten million."""
    monkeypatch.setattr(tasks, "MOST_COUNTED", 100)


@pytest.mark.usefixtures("few_are_counted")
def test_each_page_and_each_count_walks_the_index_of_its_words(crowded: Connection) -> None:
    plans = {written: _plan(crowded, Selection.parse(written)) for written in _WALKED}
    others = [
        f"{written}\n{plan}" for written, plan in plans.items() if _WALKED[written] not in plan or READS_ALL in plan
    ]
    assert not others, "\n".join(others)
    both = _plan(crowded, EVERYTHING, with_history=True)
    assert "media_process_created_at_idx" in both
    assert "media_process_history_created_at_idx" in both
    assert READS_ALL not in both
    for written, indexes in _WALKED_OF_TENANTS.items():
        plan = _plan(crowded, Selection.parse(written))
        assert all(index in plan for index in indexes), f"{written}\n{plan}"
        assert READS_ALL not in plan, f"{written}\n{plan}"
    assert READS_ALL not in _plans_of_counts(crowded, *_FREQUENT, *_WALKED, *_WALKED_OF_TENANTS)


@pytest.mark.usefixtures("few_are_counted")
def test_without_its_index_a_page_is_found_another_way(crowded: Connection) -> None:
    """The control: the test above would notice that an index is missing."""
    for index in sorted(set(_WALKED.values()) - {"media_process_file_id_profile_key"}):
        crowded.execute(text(f"DROP INDEX {index}"))
    for written, index in _WALKED.items():
        if index != "media_process_file_id_profile_key":
            assert index not in _plan(crowded, Selection.parse(written))
    assert READS_ALL in _plans_of_counts(crowded, *_FREQUENT)


def test_of_a_tenant_that_has_most_files_no_count_reads_all_uploads(
    crowded: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: to count so many PostgreSQL would."""
    assert "Hash Join" not in _plans_of_counts(crowded, "newer:200h tenant:all")
    monkeypatch.setattr(selection, "_BY_INDEXES", text("SET LOCAL enable_hashjoin = on"))
    assert "Hash Join" in _plans_of_counts(crowded, "newer:200h tenant:all")


def _plans_of_counts(connection: Connection, *selections: str) -> str:
    than = Cursor(created_at=datetime(2020, 1, 1, tzinfo=UTC), id=1)
    with explained(connection) as plans:
        for chosen in map(Selection.parse, selections):
            tasks.count(connection, selection=chosen, with_history=True)
            tasks.count_newer(connection, selection=chosen, than=than, at_most=99, with_history=True)
    return "\n".join(plans)
