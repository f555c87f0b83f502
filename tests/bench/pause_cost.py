"""What a pause costs the claims of a tick: nothing where everything is paused, a walk past a paused profile."""

import statistics
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Connection, text

from mediaproc.core.pause import Scope
from mediaproc.core.shard import Shard
from mediaproc.db import pauses
from mediaproc.db.tasks.claim import Claimant, claim
from mediaproc.db.tasks.looks import Look, Whose
from tests.bench.task_tables import prepared
from tests.parts.postgres import running_postgres

# The profile to pause has all the places in line before the other one.
_FILL = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT lpad(to_hex(n), 64, '0'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, CAST(:tasks AS integer)) n;
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position, next_attempt_at)
SELECT lpad(to_hex(n), 64, '0'), CASE WHEN n <= :tasks - 50 THEN 'gif' ELSE 'mp4' END, 'clip', 'media', 'key', n,
       now() - interval '1 hour' + n * interval '1 ms'
FROM generate_series(1, CAST(:tasks AS integer)) n
"""
_TURNS = 5
# What an executor that steals asks at its tick.
_LOOKS = [
    Look(whose=Whose.OVERDUE, due_for=60.0),
    Look(whose=Whose.OWN),
    Look(whose=Whose.OTHERS, due_for=60.0),
]


def bench(short: bool) -> int:
    """A million tasks of a paused profile before fifty of another (20,000 when short)."""
    tasks = 20_000 if short else 1_000_000
    with running_postgres() as postgres:
        engine = prepared(postgres, totals=(4,))
        with engine.begin() as connection:
            for statement in _FILL.split(";"):
                connection.execute(text(statement), {"tasks": tasks})
            connection.execute(text("ANALYZE"))
        with engine.connect() as connection:
            measured = {"nothing": _tick(connection)}
            for scope in (Scope(), Scope(profile="gif")):
                pauses.pause(connection, scope=scope, until=None, because=None, actor="bench")
                connection.commit()
                measured[str(scope)] = _tick(connection)
                pauses.resume(connection, scope=scope)
                connection.commit()
        engine.dispose()
    print(f"A tick's claim of two tasks, {tasks - 50:,} of one profile before 50 of another, by what is paused")
    for what, (milliseconds, found) in measured.items():
        times = milliseconds / measured["nothing"][0]
        print(f"  {what}: {milliseconds:.1f} ms, {times:.2f} times that without a pause; {found} found")
    return 0


def _tick(connection: Connection) -> tuple[float, int]:
    """Milliseconds and the tasks that it found; nothing is kept."""
    who = Claimant(executor_id=uuid4(), shard=Shard(0, 4), lease=60.0)
    took, found = [], 0
    for _ in range(_TURNS):
        begun = perf_counter()
        found = sum(map(len, claim(connection, claimant=who, limit=2, looks=_LOOKS)))
        took.append(1000 * (perf_counter() - begun))
        connection.rollback()
    return statistics.median(took), found
