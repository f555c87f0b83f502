"""An alarm is told once, however many look, until it is over."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db import alarms, executor_registry
from mediaproc.db.database import Database
from mediaproc.delivery.alarms import Alarms, Thresholds
from mediaproc.log import get
from tests.db.moved_clock import moved_clock, set_clock
from tests.db.task_rows import add_tasks, registration
from tests.db.webhook_rows import add, bodies, outbox

Look = Callable[[Connection], str | None]


@pytest.fixture
def webhook(engine: Engine) -> Iterator[int]:
    with moved_clock(engine):
        add(engine, tenant="somebody")
        yield add(engine)


def _at(engine: Engine, seconds: float) -> None:
    with engine.begin() as connection:
        set_clock(connection, now=seconds, started=-3600)


def _look(engine: Engine, look: Look) -> str | None:
    with engine.begin() as connection:
        return look(connection)


def _set(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_an_old_backlog_is_told_once_until_it_is_over(engine: Engine, webhook: int) -> None:
    def look(connection: Connection) -> str | None:
        return alarms.watch_backlog(connection, older_than=60.0)

    (task,) = add_tasks(engine, count=1)
    _set(engine, "UPDATE media_process SET next_attempt_at = now()")
    assert _look(engine, look) is None
    _at(engine, 61)
    with ThreadPoolExecutor(4) as threads:
        told = [each.result() for each in [threads.submit(_look, engine, look) for _ in range(8)]]
    assert [each for each in told if each] == [f"Task {task} has been due for 61 s: the backlog grows old."]
    assert outbox(engine) == [(webhook, None, "alarm.backlog_age")]
    assert bodies(engine)[0]["data"] == {"sentence": f"Task {task} has been due for 61 s: the backlog grows old."}
    # It is over, and begins again.
    _set(engine, "UPDATE media_process SET next_attempt_at = now()")
    assert _look(engine, look) is None
    _at(engine, 200)
    assert _look(engine, look) is not None
    assert [type_ for _, _, type_ in outbox(engine)] == ["alarm.backlog_age"] * 2


def test_tasks_that_wait_for_a_person_are_told_when_they_are_many(engine: Engine, webhook: int) -> None:
    def look(connection: Connection) -> str | None:
        return alarms.watch_exhausted(connection, at_least=2)

    add_tasks(engine, count=3)
    failed = "UPDATE media_process SET status = 'failed', error_class = 'stalled', error = 'It stalled.'"
    _set(engine, f"{failed}, fail_count = CASE WHEN id = 1 THEN 3 ELSE 2 END")
    assert _look(engine, look) is None
    _set(engine, f"{failed}, fail_count = 3")
    assert _look(engine, look) == "Tasks that failed three times and wait for a person: 3."
    assert _look(engine, look) is None
    assert outbox(engine) == [(webhook, None, "alarm.exhausted")]


@pytest.mark.parametrize(
    ("executor", "is_told"),
    [
        ("TRUE", False),
        ("state = 'stopped'", True),
        ("heartbeat_at = now() - interval '1 h'", True),
        ("bucket = 'another'", True),
        ("profiles = '{poster}'", True),
        ("lacking_decoders = '{wmv3}'", True),
        ("confined = TRUE", True),
        ("bucket = 'media', profiles = '{mp4,poster}', lacking_decoders = '{vp6}'", False),
    ],
)
def test_a_task_that_no_living_executor_can_do_is_told(
    engine: Engine, webhook: int, executor: str, *, is_told: bool
) -> None:
    add_tasks(engine, count=1)
    _set(engine, "UPDATE media_process SET next_attempt_at = now() - interval '10 min', needs_decoders = '{wmv3}'")
    with engine.begin() as connection:
        executor_registry.register(connection, registration=registration(shard=Shard(0, 1)))
    _set(engine, "UPDATE media_executor SET heartbeat_at = now()")
    if executor != "TRUE":
        _set(engine, f"UPDATE media_executor SET {executor}")  # noqa: S608 - our own words

    def look(connection: Connection) -> str | None:
        return alarms.watch_executors(connection, older_than=300.0)

    assert (_look(engine, look) is not None) == is_told
    assert outbox(engine) == ([(webhook, None, "alarm.no_executor")] if is_told else [])


def test_a_threshold_of_zero_ends_the_alarm_and_begins_none(engine: Engine, webhook: int) -> None:
    add_tasks(engine, count=1)
    _set(engine, "UPDATE media_process SET next_attempt_at = now() - interval '10 min'")
    on, off = (
        Alarms(database=Database(engine), thresholds=Thresholds(backlog_age=age, exhausted=0, no_executor=0), log=get())
        for age in (60.0, 0.0)
    )
    for watch in (off, on, on, off, off):
        watch.look()
    assert outbox(engine) == [(webhook, None, "alarm.backlog_age")]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM media_alarm")) == 0
