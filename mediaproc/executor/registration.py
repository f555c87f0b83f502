"""An executor's own row: registers it at its start, and keeps its signs of life."""

import os
import socket
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc import __version__
from mediaproc.core.shard import Shard
from mediaproc.db import executor_registry
from mediaproc.db.automatic_shards import count_shard, record_shard
from mediaproc.db.database import Database
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.tasks.due_tasks import Reach
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.ffmpeg.runner import Confinement
from mediaproc.store.interface import Store


def register(
    database: Database,
    *,
    reach: Reach,
    store: Store,
    config: ExecutorConfig,
    confinement: Confinement,
    log: FilteringBoundLogger,
) -> Shard:
    """Write the executor's row; returns its shard now.

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
        executor_registry.register(connection, registration=registration)
        shard = config.shard
        if shard.is_auto:
            shard = count_shard(connection, executor_id=config.executor_id)
            record_shard(connection, executor_id=config.executor_id, shard=shard)
    log.info(
        "executor_started",
        shard=str(shard),
        slots=config.slots,
        lease=config.lease,
        # Neither has credentials in it. A person who started it by mistake on a private database sees it here.
        database=database.whereabouts,
        store=repr(store),
    )
    if reach.lacking_decoders:
        log.warning(
            "decoders_missing",
            lacks=", ".join(sorted(reach.lacking_decoders)),
            consequence="it leaves tasks that need them to others; a whole build of ffmpeg has them",
        )
    return shard


def give_sign_of_life(
    database: Database, *, executor_id: UUID, busy: int, state: str, paused_for: str | None, shard: Shard | None = None
) -> None:
    """Write into the executor's row that it lives now, with so many slots busy, and the numbers that it has now.

    Raises:
        Unavailable, PartMissing
    """
    with database.single(waits_for_standby=False) as connection:
        executor_registry.record_heartbeat(
            connection, executor_id=executor_id, busy=busy, state=state, paused_for=paused_for, shard=shard
        )
