"""What a claim of two tasks costs the database, by what its tables hold, as ratios to the same with empty tables."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from mediaproc.core.shard import Shard
from mediaproc.db.tasks.claim import Claimant, claim
from mediaproc.db.tasks.looks import Whose
from mediaproc.executor.queue_position import QueuePosition
from tests.bench.goal import beside_goal
from tests.bench.task_tables import add_history, add_tasks, cpu_of_backend, fill, prepared, vacuum
from tests.parts.postgres import running_postgres

WAITING, HISTORY, CHURNED, BACKOFF = 1_000_000, 10_000_000, 200_000, 200_000
# What waits in the tables that count as empty: enough for each claim to find its two in a shard of a thousand.
FEW = 4_000
TOTALS = (5, 50, 1000)
# The shard of this index is empty, and so is each of a total that five divides.
EMPTY_OF_FIVE = 3
# One claim in so many is a tick's: ticks come every five seconds, and a claim takes a fraction of a millisecond.
CLAIMS_A_TICK = 1000

_LIMIT = 2


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much each situation holds, and how many claims are measured in it."""

    shrunk_by: int
    claims: int

    def of(self, rows: int) -> int:
        return rows // self.shrunk_by


def bench(short: bool) -> int:
    """The short form holds a hundredth of it."""
    sizes = Sizes(shrunk_by=100, claims=30) if short else Sizes(shrunk_by=1, claims=400)
    print("Claims of 2 tasks: the database's CPU (p50, p99 in ms), and how many times that of the same with few rows")
    with running_postgres() as postgres:
        crowded, empty = (prepared(postgres, totals=TOTALS) for _ in range(2))
        _waiting(crowded, empty, sizes)
        _backoff(crowded, empty, sizes)
        _history(crowded, empty, sizes)
        _snapshot(crowded, empty, sizes)
        for engine in (crowded, empty):
            engine.dispose()
    return 0


def _waiting(crowded: Engine, empty: Engine, sizes: Sizes) -> None:
    for engine, tasks in ((crowded, sizes.of(WAITING)), (empty, FEW)):
        fill(engine, tasks=tasks)
    for shard in (Shard(0, 1), *(Shard(1, total) for total in TOTALS)):
        _compare(
            f"shard {shard} full, of {sizes.of(WAITING):,} tasks", crowded, empty, shard=shard, sizes=sizes, goal=1.5
        )
    for engine in (crowded, empty):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM media_process WHERE id % 5 = :index"), {"index": EMPTY_OF_FIVE})
        vacuum(engine)
    for total in TOTALS:
        shard = Shard(EMPTY_OF_FIVE, total)
        _compare(f"shard {shard} empty beside the others", crowded, empty, shard=shard, sizes=sizes, goal=1.5)
    _compare(
        "shard 3/10 empty, of a total without its index", crowded, empty, shard=Shard(3, 10), sizes=sizes, rounds=10
    )


def _backoff(crowded: Engine, empty: Engine, sizes: Sizes) -> None:
    fill(crowded, tasks=sizes.of(BACKOFF), due_in="1 hour")
    add_tasks(crowded, tasks=FEW)
    fill(empty, tasks=FEW)
    for shard in (Shard(0, 1), Shard(1, 50)):
        what = f"shard {shard}, {sizes.of(BACKOFF):,} in backoff come first"
        _compare(what, crowded, empty, shard=shard, sizes=sizes)


def _history(crowded: Engine, empty: Engine, sizes: Sizes) -> None:
    for engine in (crowded, empty):
        fill(engine, tasks=FEW)
    add_history(crowded, rows=sizes.of(HISTORY))
    what = f"{sizes.of(HISTORY):,} rows of history, a tenth of that of attempts"
    _compare(what, crowded, empty, shard=Shard(0, 1), sizes=sizes, goal=1.1)


def _snapshot(crowded: Engine, empty: Engine, sizes: Sizes) -> None:
    """A snapshot keeps the dead rows of its own database only."""
    fill(crowded, tasks=sizes.of(CHURNED))
    fill(empty, tasks=FEW)
    with crowded.connect() as holder:
        holder.execute(text("SET idle_in_transaction_session_timeout = 0"))
        holder.commit()
        holder.execution_options(isolation_level="REPEATABLE READ")
        holder.execute(text("SELECT count(*) FROM media_process"))
        with crowded.begin() as connection:
            connection.execute(text("DELETE FROM media_process"))
        add_tasks(crowded, tasks=FEW)
        what = f"a snapshot held while {sizes.of(CHURNED):,} went"
        _compare(what, crowded, empty, shard=Shard(0, 1), sizes=sizes, goal=2.0, refills=True)
        _compare("the same, from the front as at a tick", crowded, empty, shard=Shard(0, 1), sizes=sizes, rounds=10)


def _compare(
    what: str,
    crowded: Engine,
    empty: Engine,
    *,
    shard: Shard,
    sizes: Sizes,
    goal: float | None = None,
    refills: bool = False,
    rounds: int | None = None,
) -> None:
    """Claims in turn in both, and prints what they cost."""
    costs: tuple[list[float], list[float]] = [], []
    with crowded.connect() as one, empty.connect() as other:
        in_turn = [claims(connection, shard=shard, refills=refills) for connection in (one, other)]
        for _ in range(rounds or sizes.claims):
            for each, measured in zip(in_turn, costs, strict=True):
                measured.append(next(each))
    print(f"  {what}")
    for percentile in (50, 99):
        cost, reference = (statistics.quantiles(each, n=100)[percentile - 1] for each in costs)
        ratio = cost / reference
        beside = "" if goal is None or percentile == 50 else f"; {beside_goal(ratio, goal=goal)}"
        print(f"    p{percentile}: {cost:7.2f}, {ratio:.2f} times {reference:.2f}{beside}", flush=True)


def claims(connection: Connection, *, shard: Shard, refills: bool) -> Iterator[float]:
    """Claims as an executor does, and yields the milliseconds of CPU of each; what does not refill is rolled back."""
    who = Claimant(executor_id=uuid4(), shard=shard, lease=60)
    process = connection.scalar(text("SELECT pg_backend_pid()"))
    connection.rollback()
    queue, number = QueuePosition(whose=Whose.OWN), 0
    while True:
        if not refills or number % CLAIMS_A_TICK == 0:
            queue.begin_at_the_front()
        before = cpu_of_backend(process)
        (found,) = claim(connection, claimant=who, limit=_LIMIT, looks=[queue.look()])
        if refills:
            connection.commit()
        else:
            connection.rollback()
        # What the backend does after its answer, such as to send statistics, belongs to the next claim.
        cost = cpu_of_backend(process) - before
        queue.looked(found, left_room=len(found) < _LIMIT)
        number += 1
        yield cost
