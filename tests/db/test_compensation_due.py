"""A pass of the compensation learns by one statement what there is to do, whatever the tables hold."""

import re

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql

from mediaproc.db import compensation_due as module
from mediaproc.db.compensation_due import CompensationDue, compensation_due
from tests.db.task_rows import add_tasks, claim_one

NOTHING = CompensationDue(
    holds_off=False,
    leases_ran_out=False,
    losers_outputs=False,
    unfinished_uploads=False,
    stale_executors=False,
    ended_pauses=False,
)
# What makes each of them true, on a database with one claim whose lease is good.
CHANGES = {
    "leases_ran_out": "UPDATE media_process SET lease_expires_at = now() - interval '1 s'",
    "losers_outputs": (
        "UPDATE media_process_attempt SET outcome = 'lost', finished_at = now(), output_bucket = 'b', output_key = 'k',"
        " sweep_after = now()"
    ),
    "unfinished_uploads": (
        "INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status, updated_at)"
        " VALUES (repeat('f', 64), 'f', 'b', 'k', 'video/mp4', 1, 'uploading', now() - interval '2 h')"
    ),
    "stale_executors": (
        "INSERT INTO media_executor (id, host, pid, shard_index, shard_total, slots, state, lease, version,"
        " heartbeat_at) VALUES (gen_random_uuid(), 'h', 1, 0, 1, 1, 'stopped', 60, '1', now() - interval '8 days')"
    ),
    "ended_pauses": (
        "INSERT INTO media_pause (scope, actor, until, created_at)"
        " VALUES ('everything', 'a@h', now() - interval '1 s', now() - interval '1 h')"
    ),
}

_INDEXES = (
    "media_process_processing_idx",
    "media_process_attempt_sweep_idx",
    "media_files_uploading_idx",
    "media_executor_heartbeat_at_idx",
    "media_resumable_upload_expires_at_idx",
)


def due(engine: Engine, *, hold_off: float = 0.0) -> CompensationDue:
    with engine.connect() as connection:
        return compensation_due(connection, hold_off=hold_off, bucket="b", given_up_after=3600)


@pytest.fixture(autouse=True)
def _a_claim(engine: Engine) -> None:
    add_tasks(engine, count=1)
    claim_one(engine)


@pytest.mark.parametrize("what", CHANGES)
def test_each_thing_to_do_is_found(engine: Engine, what: str) -> None:
    assert due(engine) == NOTHING
    with engine.begin() as connection:
        connection.execute(text(CHANGES[what]))
    found = due(engine)
    assert {name for name in CHANGES if getattr(found, name)} == {what}


def test_a_database_that_was_started_lately_is_told(engine: Engine) -> None:
    assert due(engine, hold_off=86_400.0).holds_off


def test_an_upload_over_http_that_nobody_goes_on_with_is_found(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_resumable_upload (id, bucket, size, metadata, tenant, actor, expires_at)"
                " VALUES (repeat('f', 32), 'b', 1, '{}', '', 'a', now() - interval '1 s')"
            )
        )
    assert due(engine).unfinished_uploads


@pytest.mark.parametrize("what", ["losers_outputs", "unfinished_uploads"])
def test_what_is_in_another_bucket_is_left_to_others(engine: Engine, what: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(CHANGES[what].replace("'b'", "'other'")))
    assert due(engine) == NOTHING


def test_no_table_is_read_whole_by_a_generic_plan(engine: Engine) -> None:
    dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # left untyped there
    statement = module._statement().compile(dialect=dialect)  # noqa: SLF001
    names = statement.positiontup or []
    types = ", ".join(statement.binds[name].type.compile(dialect) for name in names)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        # Where each table is small, to read it whole is the cheapest plan.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql(f"PREPARE pass ({types}) AS {statement}")
        nulls = ", ".join("NULL" for _ in names)
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN EXECUTE pass ({nulls})").scalars())
    # These two have a handful of rows, and are read whole.
    of_growing_tables = re.sub("Seq Scan on media_(pause|schedule)", "", plan)
    assert "Seq Scan" not in of_growing_tables, plan
    for index in _INDEXES:
        assert index in plan, plan
