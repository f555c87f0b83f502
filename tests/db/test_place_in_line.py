"""A due task's place is the number of due tasks before it, and it is likely ready when their cost is worked off."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.pause import Scope
from mediaproc.db.pauses import pause, resume
from mediaproc.db.views import place_in_line as places
from mediaproc.db.views.place_in_line import place_in_line
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, set_back


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def line(connection: Connection) -> list[int]:
    """Five due tasks in the order of their positions, each of ten seconds."""
    made = [insert_task(connection, number) for number in range(5)]
    connection.execute(text("UPDATE media_process SET position = 10 * id, expected_cost = 10"))
    return made


def before(connection: Connection, task_id: int) -> int:
    place = place_in_line(connection, task_id=task_id)
    assert place is not None
    return place.before


def ready_in(connection: Connection, task_id: int) -> timedelta | None:
    place = place_in_line(connection, task_id=task_id)
    assert place is not None
    return place.ready_in


def test_only_due_tasks_before_it_count(connection: Connection, line: list[int]) -> None:
    assert [before(connection, task) for task in line] == [0, 1, 2, 3, 4]
    connection.execute(
        text("UPDATE media_process SET next_attempt_at = now() + interval '1 hour' WHERE id = :id"), {"id": line[0]}
    )
    assert place_in_line(connection, task_id=line[0]) is None
    set_back(connection, claimed(connection, executor(connection)), failed())
    assert [before(connection, task) for task in line[2:]] == [0, 1, 2]
    connection.execute(text("UPDATE media_process SET position = -1 WHERE id = :id"), {"id": line[4]})
    assert before(connection, line[2]) == 1
    assert place_in_line(connection, task_id=999) is None


def test_what_is_worked_on_or_waits_for_a_person_has_no_place(connection: Connection, line: list[int]) -> None:
    claimed(connection, executor(connection))
    assert place_in_line(connection, task_id=line[0]) is None
    connection.execute(
        text("UPDATE media_process SET status = 'rejected', error_class = 'too_long', error = 'No.' WHERE id = :id"),
        {"id": line[1]},
    )
    assert place_in_line(connection, task_id=line[1]) is None


def test_it_is_likely_ready_when_what_stands_before_it_is_worked_off(connection: Connection, line: list[int]) -> None:
    place = place_in_line(connection, task_id=line[4])
    assert place is not None
    assert place.ready_in is None
    # Eight seconds of an encode, in the forty that went by since its claim: a fifth of a slot-second a second.
    complete(connection, claimed(connection, executor(connection)))
    connection.execute(text("UPDATE media_process_history SET claimed_at = now() - interval '40 seconds'"))
    place = place_in_line(connection, task_id=line[4])
    assert place is not None
    assert place.before == 3
    assert place.ready_in is not None
    assert abs(place.ready_in - timedelta(seconds=3 * 10 / 0.2 + 10)) < timedelta(seconds=1)
    pause(connection, scope=Scope(profile="poster"), until=None, because=None, actor="ann@node")
    assert ready_in(connection, line[4]) is not None
    pause(connection, scope=Scope(profile="mp4"), until=None, because=None, actor="ann@node")
    assert ready_in(connection, line[4]) is None
    assert resume(connection, scope=Scope(profile="mp4"))
    assert ready_in(connection, line[4]) is not None
    connection.execute(text("UPDATE media_executor SET state = 'paused'"))
    assert ready_in(connection, line[4]) is None


def test_a_long_line_is_not_counted_to_its_end(
    connection: Connection, line: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_COUNTED", 3)
    counted = [place_in_line(connection, task_id=task) for task in line]
    assert [(place.before, place.more) for place in counted if place] == [
        (0, False),
        (1, False),
        (2, False),
        (3, False),
        (3, True),
    ]


def test_the_line_is_walked_along_the_index_of_the_claims(connection: Connection, line: list[int]) -> None:
    connection.execute(
        text(
            "INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)"
            " SELECT lpad(to_hex(n + 1000), 64, '0'), 'n', 'b', 'k', 'v', 5, 'stored' FROM generate_series(1, 20000) n"
        )
    )
    connection.execute(
        text(
            "INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position)"
            " SELECT lpad(to_hex(n + 1000), 64, '0'), 'mp4', 'n', 'b', 'k', 1000 + n FROM generate_series(1, 20000) n"
        )
    )
    connection.execute(text("ANALYZE media_process"))
    values = {"position": 20_000.0, "id": line[0], "most": 100}
    plan = "\n".join(connection.scalars(text(f"EXPLAIN {places.BEFORE}"), values))
    assert "media_process_claim_idx" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
