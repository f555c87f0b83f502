"""Whether the site is healthy, decided from a few figures, with the reason for the answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.shard import Shard
from mediaproc.core.shard_fit import Holder, misfits

# A due task that waits for longer than this (s), while slots are free, waits for something that is wrong.
_LONGEST_USUAL_WAIT = 600.0
# Tasks, and messages, are counted up to here: to count a long queue would read all of it.
MOST_COUNTED = 10_000


class Health(StrEnum):
    """Healthy: nothing to do. Attention: work goes on, and a person should look. Stuck: work does not go on."""

    HEALTHY = "healthy"
    ATTENTION = "attention"
    STUCK = "stuck"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """So many due tasks with their sources in one bucket, for one profile, that need the same decoders."""

    bucket: str
    profile: str
    tasks: int
    needs_decoders: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Living:
    """An executor that was seen within its lease."""

    name: str
    shard_index: int
    shard_total: int
    slots: int
    busy: int
    # The sentence that says why it takes no tasks; None where it does.
    paused_for: str | None
    # Whether it takes only the tasks that it enqueued itself: then its shard means nothing.
    confined: bool = False
    # What it can work on; None for an executor of a version that takes whatever is due.
    bucket: str | None = None
    profiles: frozenset[str] | None = None
    lacking_decoders: frozenset[str] = frozenset()
    shard_is_auto: bool = False
    # Seconds since its start, and since it was seen last.
    age: float = float("inf")
    seen_ago: float = 0.0
    # Whether it takes no tasks any more and will end.
    is_leaving: bool = False
    id: str = ""
    # Whether a person has paused it, or all that it could do.
    is_paused: bool = False

    @property
    def holder(self) -> Holder:
        """It, as one of those whose shards are to fit together."""
        shard = Shard(self.shard_index, self.shard_total, is_auto=self.shard_is_auto)
        name = f"{self.name[:-1]}, {self.id})" if self.id else self.name
        return Holder(name=name, shard=shard, age=self.age, seen_ago=self.seen_ago)

    def has(self, kind: Kind) -> bool:
        """Whether it has the source and knows the profile of such tasks."""
        return self.bucket in {None, kind.bucket} and (self.profiles is None or kind.profile in self.profiles)

    def reaches(self, kind: Kind) -> bool:
        """Whether it can work on such tasks."""
        return self.has(kind) and self.lacking_decoders.isdisjoint(kind.needs_decoders)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the answer rests on."""

    # Due tasks, and for how many seconds the oldest of them has been due; None where there is none.
    due: int
    oldest_due: float | None
    # Tasks that an executor holds whose lease ran out.
    abandoned: int
    # Tasks that failed for good and wait for a person.
    out_of_tries: int
    executors: Sequence[Living]
    kinds: Sequence[Kind] = ()
    # A sentence for each pause in force, of claims and of schedules, with the command that lifts it.
    pauses: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The answer, and for each thing that is not as it should be one sentence with what to do."""

    health: Health
    reasons: tuple[str, ...]


def diagnose(figures: Figures) -> Diagnosis:
    """The worst that the figures show, and all the reasons, the worst first."""
    stuck, attention = tuple(_stuck(figures)), tuple(_attention(figures))
    health = Health.STUCK if stuck else Health.ATTENTION if attention else Health.HEALTHY
    return Diagnosis(health=health, reasons=stuck + attention)


def _stuck(figures: Figures) -> Iterator[str]:
    executors = figures.executors
    # What a person has paused is told, and not taken for stuck.
    at_hand = [each for each in executors if not each.is_paused]
    if not executors and (figures.due or figures.abandoned):
        yield f"No executor is alive and {_tasks(figures.due + figures.abandoned)} to do: start `mediaproc executor`."
    if at_hand and all(each.paused_for for each in at_hand):
        yield f"No executor takes tasks: {at_hand[0].paused_for}"
    if executors and figures.abandoned:
        yield (
            f"{_tasks(figures.abandoned)} of executors that are gone were not taken from them:"
            " run `mediaproc compensate` and see what it says."
        )


def _attention(figures: Figures) -> Iterator[str]:
    yield from figures.pauses
    at_hand = [each for each in figures.executors if not each.is_paused]
    paused = [each for each in at_hand if each.paused_for]
    if len(paused) < len(at_hand):
        yield from _of_pauses(paused)
    if figures.out_of_tries:
        yield (
            f"{_tasks(figures.out_of_tries)} failed for good: see `mediaproc tasks list --status failed`,"
            " then retry or cancel."
        )
    serving = [each for each in figures.executors if not each.confined]
    at_work = serving or figures.executors
    if at_work:
        yield from _out_of_reach(figures.kinds, executors=at_work)
    yield from misfits([each.holder for each in serving if not each.is_leaving])
    free = sum(max(0, each.slots - each.busy) for each in at_work if not (each.paused_for or each.is_paused))
    if free and (figures.oldest_due or 0.0) > _LONGEST_USUAL_WAIT:
        yield "A task has been due for more than ten minutes while slots are free: see the executors' logs."


def _out_of_reach(kinds: Iterable[Kind], *, executors: Sequence[Living]) -> Iterator[str]:
    for kind in kinds:
        if any(each.reaches(kind) for each in executors):
            continue
        cannot = f"No living executor can do {_tasks(kind.tasks)} for the profile {kind.profile}"
        if any(each.has(kind) for each in executors):
            yield (
                f"{cannot} whose source needs the decoder for {' and '.join(sorted(kind.needs_decoders))}: give one of"
                " them an ffmpeg that has it."
            )
        else:
            yield (
                f"{cannot} with the source in {kind.bucket}: start one with that store and that profile, or correct its"
                " MEDIAPROC_STORE_URL and MEDIAPROC_PROFILES."
            )


def _of_pauses(paused: Sequence[Living]) -> Iterator[str]:
    for sentence, number in Counter(each.paused_for for each in paused).items():
        first = next(each.name for each in paused if each.paused_for == sentence)
        if number == 1:
            yield f"{first} takes no tasks: {sentence}"
        else:
            yield f"{first} and {number - 1} more take no tasks: {sentence}"


def _tasks(count: int) -> str:
    if count > MOST_COUNTED:
        return f"{MOST_COUNTED:,}+ tasks"
    return "1 task" if count == 1 else f"{count} tasks"
