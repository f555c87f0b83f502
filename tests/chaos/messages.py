"""Messages while everything fails: `python -m tests.chaos.messages --kills 200 --tasks 400 --seed N`.

Tasks are settled, set back, cancelled, rolled back and settled by zombies; three processes deliver and are killed again
and again; the receiver is down at first, answers 500, hangs and dies in the middle. The database's clock is moved, so
that an hour takes seconds.
"""

import argparse
import random
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from uuid import uuid4

from sqlalchemy import Engine, text

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, verdict
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.engine import connect
from mediaproc.db.tasks.operator_acts import cancel, retry, set_priority
from mediaproc.db.tasks.settle import settle_completed, settle_setback
from tests.db.moved_clock import moved_clock, set_clock
from tests.db.task_rows import add_tasks, claim_one, rendition
from tests.db.webhook_rows import add
from tests.parts.postgres import running_postgres
from tests.parts.receiver import Received, Receiver, status

_PROCESSES = 3
_REPORT = Report(stage_seconds={}, cpu_seconds=1.0, log_tail="")
# Seconds by which the clock is moved while one more process is killed; and how often it is moved until all is told.
_STEP, _MOST_STEPS = 20.0, 4_000
_HOUR = 3600.0


@dataclass
class IllReceiver:
    """Takes nothing in its first hour, and then what chance lets through."""

    dice: random.Random
    is_up: bool = False
    is_well: bool = False
    taken: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: BaseHTTPRequestHandler, received: Received) -> None:
        with self.lock:
            chance = 1.0 if self.is_well else self.dice.random()
        if not self.is_up or chance < 0.2:
            status(500)(request, received)
        elif chance < 0.3:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        elif chance < 0.33:
            threading.Event().wait(1.0)
        else:
            with self.lock:
                self.taken.append(received)
                is_first = len(self.taken) == 1
            # The first one and some others: it dies once it has the message, and before it says so.
            if chance > 0.4 and not is_first:
                status(204)(request, received)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a run: what is wrong, in sentences, and how much there was."""

    complaints: tuple[str, ...]
    messages: int
    requests: int
    repeats: int
    kills: int


def play(engine: Engine, *, tasks: int, kills: int, seed: int) -> Told:
    """Let everything fail, then let it be well until all is told."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated by its seed
    ill = IllReceiver(dice=random.Random(seed + 1))  # noqa: S311
    with moved_clock(engine), Receiver(respond=ill.respond) as receiver:
        add(engine, url=receiver.url)
        with _processes(engine) as processes:
            forbidden = _settle_all(engine, tasks=tasks, dice=dice)
            now = 0.0
            for number in range(kills):
                now += _STEP if number else _HOUR
                _move(engine, now)
                ill.is_up = number > kills // 4
                # As long as it takes to send some.
                threading.Event().wait(0.3)
                processes.kill_one(dice)
            ill.is_up = ill.is_well = True
            for _ in range(_MOST_STEPS):
                if not _undelivered(engine):
                    break
                now += _HOUR
                _move(engine, now)
                threading.Event().wait(0.2)
        return Told(
            complaints=tuple(_complaints(engine, ill.taken, forbidden)),
            messages=_count(engine, "SELECT count(*) FROM media_delivery"),
            requests=len(receiver.received),
            repeats=len(ill.taken) - len({each.headers["webhook-id"] for each in ill.taken}),
            kills=kills,
        )


class Processes:
    """As many that deliver, of which one is killed and replaced at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._running = [self._start() for _ in range(_PROCESSES)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.chaos.delivering_process", self._url])

    def kill_one(self, dice: random.Random) -> None:
        at = dice.randrange(_PROCESSES)
        self._end(self._running[at])
        self._running[at] = self._start()

    def end(self) -> None:
        for process in self._running:
            self._end(process)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


@contextmanager
def _processes(engine: Engine) -> Iterator[Processes]:
    processes = Processes(engine.url.render_as_string(hide_password=False))
    try:
        yield processes
    finally:
        processes.end()


def _settle_all(engine: Engine, *, tasks: int, dice: random.Random) -> set[tuple[int, str]]:
    """Bring each task to its end, some by way of a person; returns the messages that must never be told."""
    add_tasks(engine, count=tasks)
    forbidden = set()
    for _ in range(tasks):
        task = claim_one(engine)
        zombie = replace(task, claim_token=uuid4())
        assert not _complete(engine, zombie)
        if dice.random() < 0.3:
            # A settle that is rolled back, and then a person cancels: nobody may hear that it was completed.
            assert _complete(engine, task, rolled_back=True)
            with engine.begin() as connection:
                assert cancel(connection, ids=[task.id])
            forbidden.add((task.id, "task.completed"))
        else:
            assert _complete(engine, _exhausted_and_retried(engine, task) if dice.random() < 0.5 else task)
            forbidden.add((task.id, "task.cancelled"))
    return forbidden


def _complete(engine: Engine, task: ClaimedTask, *, rolled_back: bool = False) -> bool:
    with engine.connect() as connection:
        settled = settle_completed(
            connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=_REPORT
        )
        if not rolled_back:
            connection.commit()
    return settled


def _exhausted_and_retried(engine: Engine, task: ClaimedTask) -> ClaimedTask:
    """The task's next claim, after its third strike and a person's retry."""
    failed = Failed(error_class=ErrorClass.STALLED, error="It stalled.")
    said = verdict(failed, fail_count=2, policy=task_failure(base=0, cap=0), jitter=0.0)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET fail_count = 2 WHERE id = :id"), {"id": task.id})
        assert settle_setback(connection, task_id=task.id, claim_token=task.claim_token, verdict=said, report=_REPORT)
        assert retry(connection, ids=[task.id])
        # Before all others, so that it is claimed next.
        assert set_priority(connection, ids=[task.id], priority=1000)
    again = claim_one(engine)
    assert again.id == task.id
    return again


def _move(engine: Engine, now: float) -> None:
    with engine.begin() as connection:
        set_clock(connection, now=now, started=-_HOUR)


def _undelivered(engine: Engine) -> int:
    return _count(engine, "SELECT count(*) FROM media_delivery WHERE delivered_at IS NULL AND dead_at IS NULL")


def _count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def _complaints(engine: Engine, taken: list[Received], forbidden: set[tuple[int, str]]) -> Iterator[str]:
    columns = "id, message_id, task_id, type, body, dead_at IS NOT NULL AS dead"
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {columns} FROM media_delivery ORDER BY id")).all()  # noqa: S608
    written = {f"msg_{row.message_id.hex}": row for row in rows}
    came = list(dict.fromkeys(each.headers["webhook-id"] for each in taken))
    yield from (f"message {row.id} is dead" for row in rows if row.dead)
    yield from (f"message {row.id} never came" for name, row in written.items() if name not in came)
    yield from (f"{name} came, and is not in the outbox" for name in came if name not in written)
    for each in taken:
        if written[each.headers["webhook-id"]].body.encode() != each.body:
            yield f"{each.headers['webhook-id']} came with another body"
    for row in rows:
        if (row.task_id, row.type) in forbidden:
            yield f"{row.type} of task {row.task_id} was told, though it never was"
    by_task = defaultdict[int, list[int]](list)
    for name in came:
        by_task[written[name].task_id].append(written[name].id)
    for task, ids in by_task.items():
        if ids != sorted(ids):
            yield f"the messages about task {task} came in the order {ids}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--kills", 200), ("--tasks", 400), ("--seed", 1)):
        arguments.add_argument(name, type=int, default=default)
    options = arguments.parse_args()
    with running_postgres() as postgres:
        engine = connect(postgres.url(name=postgres.create_database()))
        told = play(engine, tasks=options.tasks, kills=options.kills, seed=options.seed)
        engine.dispose()
    print(told)  # noqa: T201 - it talks to a person
    return 1 if told.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
