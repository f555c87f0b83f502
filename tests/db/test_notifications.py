"""A small fleet is notified of due tasks; a large one is not, since each notification would wake all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, insert, text

from mediaproc.db.files import NewFile, begin_upload, store_file
from mediaproc.db.notifications import DUE, MOST_NOTIFIED
from mediaproc.db.schema import media_executor
from mediaproc.db.tasks.insert import insert_task


def _register(engine: Engine, *, count: int, state: str = "running", seconds_ago: int = 0) -> None:
    row = {"host": "node", "pid": 1, "shard_index": 0, "shard_total": 1, "slots": 1, "lease": 60, "version": "1"}
    with engine.begin() as connection:
        seen = connection.scalar(text("SELECT now() - make_interval(secs => :ago)"), {"ago": seconds_ago})
        connection.execute(
            insert(media_executor),
            [row | {"id": uuid4(), "state": state, "heartbeat_at": seen} for _ in range(count)],
        )


def _enqueue(engine: Engine) -> int:
    file_id = uuid4().hex * 2
    with engine.begin() as connection:
        begin_upload(
            connection,
            file=NewFile(id=file_id, filename="a.avi", bucket="b", object_key="k", mime_type="video/avi", size=1),
        )
        store_file(connection, file_id=file_id, bucket="b", object_key="k")
        return insert_task(connection, file_id=file_id, profile="mp4", filename="a.avi", priority=0).id


@contextmanager
def _listening(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {DUE}".encode())
        connection.execute(b"LISTEN done")
        yield connection


def _heard(connection: psycopg.Connection[Any]) -> list[str]:
    """The tasks that were told of until now: a notification of one's own comes after all that were sent before."""
    connection.execute(b"NOTIFY done")
    heard = []
    for note in connection.notifies():
        if note.channel == "done":
            break
        heard.append(note.payload)
    return heard


@pytest.mark.parametrize("living", [1, MOST_NOTIFIED])
def test_a_small_fleet_is_notified_of_a_due_task(engine: Engine, database_url: str, living: int) -> None:
    _register(engine, count=living)
    with _listening(database_url) as listener:
        task = _enqueue(engine)
        assert _heard(listener) == [str(task)]


def test_a_fleet_of_more_executors_is_left_to_its_ticks(engine: Engine, database_url: str) -> None:
    _register(engine, count=MOST_NOTIFIED + 1)
    with _listening(database_url) as listener:
        _enqueue(engine)
        assert _heard(listener) == []


@pytest.mark.parametrize(("state", "seconds_ago"), [("stopped", 0), ("running", 120)])
def test_executors_that_are_gone_make_no_fleet_large(
    engine: Engine, database_url: str, state: str, seconds_ago: int
) -> None:
    _register(engine, count=MOST_NOTIFIED)
    _register(engine, count=MOST_NOTIFIED, state=state, seconds_ago=seconds_ago)
    with _listening(database_url) as listener:
        task = _enqueue(engine)
        assert _heard(listener) == [str(task)]
