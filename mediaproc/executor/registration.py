"""On what terms an executor works, and how it introduces itself to the others."""

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import __version__
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.backoff import Backoff
from mediaproc.core.shard import Shard
from mediaproc.db import executor_registry
from mediaproc.db.database import Database
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.tasks.due_tasks import Reach
from mediaproc.ffmpeg.runner import Confinement
from mediaproc.store.interface import Store


@dataclass(frozen=True, kw_only=True)
class ExecutorConfig:
    """How an executor works; times in seconds. `only`: these tasks and no others."""

    executor_id: UUID
    shard: Shard
    slots: int
    cpus: int
    lease: float
    heartbeat: float
    steal_after: float
    policy: Backoff
    until_idle: bool = False
    only: Collection[int] | None = None


def reach_of(context: AttemptContext) -> Reach:
    """What an executor can work on with that."""
    return Reach(
        bucket=context.store.bucket, profiles=context.known_profiles, lacking_decoders=context.runner.lacking_decoders
    )


def introduce(
    database: Database,
    *,
    reach: Reach,
    store: Store,
    config: ExecutorConfig,
    confinement: Confinement,
    log: FilteringBoundLogger,
) -> None:
    """Write the executor's row, and tell whose shard is the same or does not fit.

    Raises:
        Unavailable, PartMissing: the database is away, refuses, or has tables that do not serve this version.
    """
    registration = executor_registry.Registration(
        executor_id=config.executor_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        shard=config.shard,
        slots=config.slots,
        lease=config.lease,
        weak_sandbox=None if confinement.isolated else confinement.sentence,
        version=__version__,
        confined=config.only is not None,
        bucket=reach.bucket,
        profiles=reach.profiles,
        lacking_decoders=reach.lacking_decoders,
    )
    with database.write() as connection:
        require_known_revision(connection)
        executor_registry.lock_registrations(connection)
        others = executor_registry.overlapping_executors(
            connection, executor_id=config.executor_id, shard=config.shard, seen_within=config.lease
        )
        executor_registry.register(connection, registration=registration)
    log.info(
        "executor_started",
        shard=str(config.shard),
        slots=config.slots,
        lease=config.lease,
        # Neither has credentials in it. Who started it by mistake on a private database sees it here.
        database=database.whereabouts,
        store=repr(store),
    )
    if reach.lacking_decoders:
        log.warning(
            "decoders_missing",
            lacks=", ".join(sorted(reach.lacking_decoders)),
            consequence="it leaves tasks that need them to others; a whole build of ffmpeg has them",
        )
    if others and not registration.confined:
        log.warning("shards_overlap", shard=str(config.shard), others="; ".join(others))
