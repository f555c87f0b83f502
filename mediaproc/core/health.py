"""Whether the site is healthy, decided from a few figures, with the reason for the answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# A due task that waits for longer than this (s), while slots are free, waits for something that is wrong.
_LONGEST_USUAL_WAIT = 600.0
_MOST_NAMED = 8
# Tasks are counted up to here: to count a long queue would read all of it.
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
    if not executors and (figures.due or figures.abandoned):
        yield f"No executor is alive and {_tasks(figures.due + figures.abandoned)} to do: start `mediaproc executor`."
    if executors and all(each.paused_for for each in executors):
        yield f"No executor takes tasks: {executors[0].paused_for}"
    if executors and figures.abandoned:
        yield (
            f"{_tasks(figures.abandoned)} of executors that are gone were not taken from them:"
            " run `mediaproc compensate` and see what it says."
        )


def _attention(figures: Figures) -> Iterator[str]:
    paused = [each for each in figures.executors if each.paused_for]
    if len(paused) < len(figures.executors):
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
    yield from _of_shards(serving)
    free = sum(max(0, each.slots - each.busy) for each in at_work if not each.paused_for)
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


def _of_shards(executors: Sequence[Living]) -> Iterator[str]:
    totals = sorted({each.shard_total for each in executors})
    if len(totals) > 1:
        named = " and ".join(str(total) for total in totals)
        yield f"The executors do not agree on the number of shards ({named}): give all the same total."
    elif totals:
        holders = Counter(each.shard_index for each in executors)
        yield from _of_empty_shards(sorted(holders), total=totals[0])
        yield from _of_shared_shards(holders, total=totals[0])


def _of_empty_shards(held: Sequence[int], *, total: int) -> Iterator[str]:
    empty = total - len(held)
    # The gaps, and not each number: a total can be mistyped.
    edges = zip([-1, *held], [*held, total], strict=True)
    gaps = [(before + 1, after - 1) for before, after in edges if after - before > 1]
    if empty == 1:
        yield f"Shard {gaps[0][0]}/{total} has no executor: others take its tasks late; start one for it."
    elif empty:
        yield (
            f"{empty} of {total} shards have no executor ({_named(gaps)}): others take their tasks late;"
            " start one for each, or give all executors a smaller total."
        )


def _of_shared_shards(holders: Mapping[int, int], *, total: int) -> Iterator[str]:
    shared = sorted(index for index, number in holders.items() if number > 1)
    if len(shared) == 1:
        yield f"Shard {shared[0]}/{total} has {holders[shared[0]]} executors: give each a shard of its own."
    elif shared:
        named = _named([(index, index) for index in shared])
        yield f"{len(shared)} of {total} shards have several executors ({named}): give each a shard of its own."


def _named(ranges: Sequence[tuple[int, int]]) -> str:
    named = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_MOST_NAMED]]
    return ", ".join([*named, "..."] if len(ranges) > _MOST_NAMED else named)


def _tasks(count: int) -> str:
    if count > MOST_COUNTED:
        return f"{MOST_COUNTED:,}+ tasks"
    return "1 task" if count == 1 else f"{count} tasks"
