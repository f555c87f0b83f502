"""The configuration of an executor, and what it is able to work on."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from mediaproc.attempt_context import AttemptContext
from mediaproc.core.backoff import Backoff
from mediaproc.core.shard import Shard
from mediaproc.db.tasks.due_tasks import Reach


@dataclass(frozen=True, kw_only=True)
class ExecutorConfig:
    """How an executor works; times in seconds.

    `cpus` are shared by its slots, `policy` says when a failed task is due again. With `until_idle` it ends when its
    shard has nothing left to do. `only`: it works on these tasks and on no others.
    """

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
    # Those of `only`, where they are known.
    only_profiles: Collection[str] = ()


def reach_of(context: AttemptContext) -> Reach:
    """What an executor with this context is able to work on."""
    return Reach(
        bucket=context.store.bucket, profiles=context.known_profiles, lacking_decoders=context.runner.lacking_decoders
    )
