"""Executors go on, and start, with the tables of a newer version."""

from sqlalchemy import text

from tests.parts.clips import Clips
from tests.parts.executors import executors
from tests.parts.site import Site

# What the next version's migration might do: only changes that the test of the migrations allows.
_NEXT = (
    "ALTER TABLE media_process ADD COLUMN owner text NOT NULL DEFAULT 'nobody'",
    "ALTER TABLE media_process_history ADD COLUMN owner text",
    "ALTER TABLE media_process_attempt ADD COLUMN owner text",
    "ALTER TABLE media_executor ADD COLUMN owner text",
    "UPDATE mediaproc_version SET version_num = '9999'",
)


def test_executors_that_run_and_that_start_work_with_newer_tables(directory_site: Site, clips: Clips) -> None:
    site = directory_site
    with executors("0/1", settings=site.settings, arguments=()) as (older,):
        (before,) = site.enqueue([clips.make("avi", seconds=0.4, seed=16_000)])
        older.wait_for(event="completed", task=before)
        with site.engine.begin() as connection:
            for statement in _NEXT:
                connection.execute(text(statement))
        (after,) = site.enqueue([clips.make("avi", seconds=0.4, seed=16_001)])
        older.wait_for(event="completed", task=after)
    with executors("0/1", settings=site.settings, arguments=()) as (started,):
        (last,) = site.enqueue([clips.make("avi", seconds=0.4, seed=16_002)])
        started.wait_for(event="completed", task=last)
    assert set(site.history()) == {before, after, last}


def test_an_executor_that_starts_refuses_tables_that_name_a_newer_oldest_client(directory_site: Site) -> None:
    site = directory_site
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE mediaproc_version SET version_num = '9999', oldest_client = '9998'"))
    with executors("0/1", settings=site.settings, arguments=()) as (refused,):
        assert refused.wait() == 3
    assert site.value("SELECT count(*) FROM media_executor") == 0
