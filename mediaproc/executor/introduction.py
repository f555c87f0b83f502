"""On what terms an executor works, and how it introduces itself to the others."""

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from mediaproc import __version__
from mediaproc.core.lifecycle import BackoffPolicy
from mediaproc.core.shard import Shard
from mediaproc.db import executors
from mediaproc.db.faults import translated
from mediaproc.db.revision import require_known_revision
from mediaproc.db.tasks.due import Reach
from mediaproc.db.url import whereabouts
from mediaproc.ffmpeg.runner import Confinement
from mediaproc.store.protocol import Store
from mediaproc.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How an executor works; times in seconds. `only`: these tasks and no others."""

    executor_id: UUID
    shard: Shard
    slots: int
    cpus: int
    lease: float
    heartbeat: float
    steal_after: float
    policy: BackoffPolicy
    until_idle: bool = False
    only: Collection[int] | None = None


def reach_of(bench: Workbench) -> Reach:
    """What an executor can work on with that."""
    return Reach(
        bucket=bench.store.bucket, profiles=bench.known_profiles, lacking_decoders=bench.runner.lacking_decoders
    )


def introduce(
    engine: Engine,
    *,
    reach: Reach,
    store: Store,
    terms: Terms,
    confinement: Confinement,
    log: FilteringBoundLogger,
) -> None:
    """Write the executor's row, and tell whose shard is the same or does not fit.

    Raises:
        Unavailable, PartMissing: the database is away, refuses, or has tables that do not serve this version.
    """
    introduction = executors.Introduction(
        executor_id=terms.executor_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        shard=terms.shard,
        slots=terms.slots,
        lease=terms.lease,
        weak_sandbox=None if confinement.isolated else confinement.sentence,
        version=__version__,
        confined=terms.only is not None,
        bucket=reach.bucket,
        profiles=reach.profiles,
        lacking_decoders=reach.lacking_decoders,
    )
    with translated(), engine.begin() as connection:
        require_known_revision(connection)
        executors.one_at_a_time(connection)
        others = executors.in_each_others_way(
            connection, executor_id=terms.executor_id, shard=terms.shard, seen_within=terms.lease
        )
        executors.register(connection, introduction=introduction)
    log.info(
        "executor_started",
        shard=str(terms.shard),
        slots=terms.slots,
        lease=terms.lease,
        # Neither has credentials in it. Who started it by mistake on a private database sees it here.
        database=whereabouts(engine.url),
        store=repr(store),
    )
    if reach.lacking_decoders:
        log.warning(
            "decoders_missing",
            lacks=", ".join(sorted(reach.lacking_decoders)),
            consequence="it leaves tasks that need them to others; a whole build of ffmpeg has them",
        )
    if others and not introduction.confined:
        log.warning("shards_overlap", shard=str(terms.shard), others="; ".join(others))
