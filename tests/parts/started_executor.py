"""An executor in the test's own process, which has started and ticks when it is told to."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from sqlalchemy import Engine

from mediaproc import log
from mediaproc.admission import MemoryBudget
from mediaproc.attempt_context import AttemptContext, OtherAttempt
from mediaproc.core.backoff import task_failure
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.disk_room import DiskRoom
from mediaproc.executor.executor import Executor
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.monitoring.executor_samples import Watched
from mediaproc.scratch import Scratch
from mediaproc.slots import Slots
from mediaproc.store.interface import Store
from mediaproc.tracing.attempt_trace import NO_TRACES, Traces
from tests.parts.site import make_runner


@contextmanager
def started(
    engine: Engine,
    *,
    store: Store,
    folder: Path,
    traces: Traces = NO_TRACES,
    others: Mapping[str, OtherAttempt] = MappingProxyType({}),
) -> Iterator[Watched]:
    """It has two slots; a task that failed is due again in an hour."""
    scratch = Scratch(folder / "scratch", executor_id=uuid4())
    context = AttemptContext(
        store=store,
        runner=make_runner(),
        scratch=scratch,
        memory=MemoryBudget(2**40),
        slots=Slots(2),
        room=DiskRoom(scratch),
        traces=traces,
        others=others,
    )
    config = ExecutorConfig(
        executor_id=uuid4(),
        shard=Shard(0, 1),
        slots=2,
        cpus=2,
        lease=60,
        heartbeat=15,
        steal_after=0,
        policy=task_failure(base=3600, cap=3600),
    )
    executor = Executor(Database(engine), context=context, config=config, log=log.get())
    executor.start()
    try:
        yield Watched(executor=executor, config=config, context=context, overlaps=Counter())
    finally:
        executor.drain(grace=60, hurry=threading.Event())
        scratch.close()
