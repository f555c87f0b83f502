"""What a claim costs by the buckets of an automatic shard, as a ratio to one by the index of a fixed total."""

import statistics

from sqlalchemy import Engine, text

from mediaproc.core.shard import BUCKETS, Shard
from tests.bench.claim_cost import WAITING, claims
from tests.bench.task_tables import fill, prepared, vacuum
from tests.parts.postgres import running_postgres

TOTALS = (2, 5, 50)
_OWN = 1


def bench(short: bool) -> int:
    """The short form holds a hundredth of it."""
    tasks, rounds = (WAITING // 100, 30) if short else (WAITING, 400)
    print(f"Claims of 2 of {tasks:,} tasks by buckets: the database's CPU (ms), and how many times that by its index")
    with running_postgres() as postgres:
        engine = prepared(postgres, totals=TOTALS)
        fill(engine, tasks=tasks)
        for total in TOTALS:
            _compare(f"shard {_OWN}/{total} full", engine, total=total, rounds=rounds)
        # The fewest are taken first.
        for total in reversed(TOTALS):
            _empty(engine, total=total)
            _compare(f"shard {_OWN}/{total} empty beside the others", engine, total=total, rounds=rounds)
        engine.dispose()
    return 0


def _empty(engine: Engine, *, total: int) -> None:
    """Take every task of the fixed shard and of the automatic one of the same numbers."""
    emptied = f"DELETE FROM media_process WHERE id % {total} = {_OWN} OR (id % {BUCKETS}) % {total} = {_OWN}"  # noqa: S608 - numbers of our own
    with engine.begin() as connection:
        connection.execute(text(emptied))
    vacuum(engine)


def _compare(what: str, engine: Engine, *, total: int, rounds: int) -> None:
    """Claims in turn of both."""
    costs: tuple[list[float], list[float]] = [], []
    with engine.connect() as one, engine.connect() as other:
        in_turn = [
            claims(one, shard=Shard(_OWN, total, is_auto=True), refills=False),
            claims(other, shard=Shard(_OWN, total), refills=False),
        ]
        for _ in range(rounds):
            for each, measured in zip(in_turn, costs, strict=True):
                measured.append(next(each))
    print(f"  {what}")
    for percentile in (50, 99):
        cost, reference = (statistics.quantiles(each, n=100)[percentile - 1] for each in costs)
        print(f"    p{percentile}: {cost:7.2f}, {cost / reference:.2f} times {reference:.2f}", flush=True)
