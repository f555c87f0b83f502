"""What it costs the database to settle a task, by how many webhooks are told of it."""

import statistics

from sqlalchemy import Engine, text

from mediaproc.core.task import Report
from mediaproc.db.database import Database
from mediaproc.db.tasks import settle
from mediaproc.db.tasks.claim import claim_due
from tests.bench.goal import beside_goal
from tests.bench.task_tables import add_tasks, cpu_of_backend, prepared
from tests.db.task_rows import claimant, rendition
from tests.db.webhook_rows import add
from tests.parts.postgres import running_postgres

# (webhooks that ask for these messages, webhooks that ask for others, the goal as a ratio to a site with none)
SITUATIONS = ((0, 10, 1.1), (1, 0, 2.0), (10, 0, 5.0))
_REPORT = Report(stage_seconds={"transcode": 1.0}, cpu_seconds=1.0, log_tail="frame=1")


def bench(short: bool) -> int:
    """The short form settles fewer."""
    count = 40 if short else 1000
    print("Settling a completed task: the database's CPU (p50 in ms), and how many times that without any webhook")
    with running_postgres() as postgres:
        engine = prepared(postgres, totals=())
        alone = settling(engine, count=count)
        print(f"  no webhook: {alone:.3f} ms")
        for asking, others, goal in SITUATIONS:
            with engine.begin() as connection:
                connection.execute(text("TRUNCATE media_webhook, media_delivery"))
            for number in range(asking + others):
                add(engine, events=["task.completed" if number < asking else "task.cancelled"])
            took = settling(engine, count=count)
            told = f"{asking} told, {others} that ask for other events"
            print(f"  {told}: {took:.3f} ms, {took / alone:.2f} times ({beside_goal(took / alone, goal=goal)})")
        engine.dispose()
    return 0


def settling(engine: Engine, *, count: int) -> float:
    """The median milliseconds of the server for one settle, each a transaction as an executor has it."""
    add_tasks(engine, tasks=count)
    with engine.begin() as connection:
        tasks = claim_due(connection, claimant=claimant(), limit=count)
    took = []
    for task in tasks:
        with Database(engine).single() as connection:
            process = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            before = cpu_of_backend(process)
            settle.settle_completed(
                connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=_REPORT
            )
            took.append(cpu_of_backend(process) - before)
    return statistics.median(took)
