from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, text

from mediaproc import log
from mediaproc.core.backoff import task_failure
from mediaproc.core.shard import Shard
from mediaproc.db import executor_registry
from mediaproc.db.database import Database
from mediaproc.db.tasks.due_tasks import Reach
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.registration import register
from mediaproc.ffmpeg.runner import Confinement
from tests.db.task_rows import wait_for_a_lock
from tests.parts.site import Site

CONFIG = ExecutorConfig(
    executor_id=uuid4(), shard=Shard(0, 1), slots=1, cpus=1, lease=60, heartbeat=15, steal_after=0,
    policy=task_failure(base=1, cap=1),
)  # fmt: skip
REACH = Reach(bucket="media", profiles=frozenset())
CONFINEMENT = Confinement(
    ffmpeg=Path("ffmpeg"), ffprobe=Path("ffprobe"), version="7", isolated=True, filtered=True, sentence="It is."
)


def test_of_two_with_automatic_numbers_that_start_together_the_second_counts_the_first(
    engine: Engine, directory_site: Site
) -> None:
    """Its row has the numbers at once."""
    config = replace(CONFIG, executor_id=uuid4(), shard=Shard.ALONE)
    first = executor_registry.Registration(
        executor_id=uuid4(), host="node", pid=7, shard=Shard.ALONE, slots=1, lease=60, weak_sandbox=None, version="1"
    )  # fmt: skip

    def register_second() -> Shard:
        return register(
            Database(engine),
            reach=REACH,
            store=directory_site.store,
            config=config,
            confinement=CONFINEMENT,
            log=log.get(),
        )

    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as connection:
            executor_registry.lock_registrations(connection)
            executor_registry.register(connection, registration=first)
            second = threads.submit(register_second)
            wait_for_a_lock(engine)
        shard = second.result(timeout=60)
    assert shard == Shard(shard.index, 2, is_auto=True)
    with engine.connect() as connection:
        told = connection.execute(
            text("SELECT shard_index, shard_total, shard_is_auto FROM media_executor WHERE id = :id"),
            {"id": config.executor_id},
        ).one()
    assert tuple(told) == (shard.index, 2, True)
