"""A pause: for whose tasks nothing is claimed, until when, by whom and because of what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from mediaproc.core.shard import Shard


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is paused: a profile, a shard, an executor; with none of them everything."""

    profile: str | None = None
    shard: Shard | None = None
    executor_id: UUID | None = None

    def __str__(self) -> str:
        """As the table's key, the audit and the screens have it."""
        if self.profile is not None:
            return f"profile {self.profile}"
        if self.shard is not None:
            return f"shard {self.shard}"
        return "everything" if self.executor_id is None else f"executor {self.executor_id}"

    @property
    def options(self) -> str:
        """The options of `pause` and `resume` that mean it, each after a blank."""
        if self.profile is not None:
            return f" --profile {self.profile}"
        if self.shard is not None:
            return f" --shard {self.shard}"
        return "" if self.executor_id is None else f" --executor {self.executor_id}"

    def holds(self, executor_id: UUID) -> bool:
        """Whether the executor claims nothing at all for it, whatever is due."""
        return self.profile is None and self.shard is None and self.executor_id in {None, executor_id}


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One pause in force; `until` as people read it (UTC), None where only a person lifts it."""

    scope: Scope
    actor: str
    until: str | None = None
    because: str | None = None

    def __str__(self) -> str:
        """A sentence for the executor's row and for `status`."""
        end = "until it is resumed" if self.until is None else f"until {self.until}"
        reason = f" ({self.because.rstrip('.')})" if self.because else ""
        what = str(self.scope)
        return f"{what[0].upper()}{what[1:]} is paused by {self.actor} {end}{reason}."

    @property
    def with_remedy(self) -> str:
        """The sentence, and which command lifts it."""
        return f"{str(self)[:-1]}: `mediaproc resume{self.scope.options}` lifts it."


def pause_of_task(pauses: Iterable[Pause], *, task_id: int, profile: str) -> Pause | None:
    """The pause for which no executor claims this task; None when some may."""
    for pause in pauses:
        scope = pause.scope
        is_its_shard = scope.shard is not None and scope.shard.owns(task_id)
        if scope == Scope() or scope.profile == profile or is_its_shard:
            return pause
    return None


def pause_of_executor(
    pauses: Iterable[Pause], *, executor_id: UUID, profiles: Iterable[str], only: Collection[int] = ()
) -> Pause | None:
    """The pause for which this executor claims nothing at all; None when there may be something for it.

    `profiles` are those that it knows: when each of them is paused, so is the executor. `only`: it works on no other
    tasks than these, where there are any.
    """
    in_force = list(pauses)
    for pause in in_force:
        shard = pause.scope.shard
        if pause.scope.holds(executor_id) or (only and shard is not None and all(map(shard.owns, only))):
            return pause
    by_profile = {pause.scope.profile: pause for pause in in_force if pause.scope.profile is not None}
    known = set(profiles)
    return by_profile[min(known)] if known and known <= by_profile.keys() else None
