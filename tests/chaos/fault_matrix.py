"""The report of a chaos run in Markdown: a matrix of the injected faults and the outcomes of affected attempts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from tests.chaos.disruptions import Disruption, Row, unexplained
from tests.chaos.faults import OUTAGES
from tests.parts.executors import LogLine

OUTCOMES = ("completed", "released", "lost", "failed", "rejected", "cancelled")


@dataclass(frozen=True)
class FaultMatrix:
    """How often each fault is asked for, and the disruptions that were injected."""

    asked: Mapping[str, int]
    disruptions: dict[str, list[Disruption]] = field(default_factory=dict)

    def add(self, fault: str, *, disruption: Disruption) -> None:
        self.disruptions.setdefault(fault, []).append(disruption)

    def injected(self, fault: str) -> int:
        return len(self.disruptions.get(fault, ()))

    def so_far(self) -> str:
        """The counts so far, in one line."""
        counts = ", ".join(f"{fault} {self.injected(fault)}/{asked}" for fault, asked in self.asked.items())
        return f"{sum(map(self.injected, self.asked))} of {sum(self.asked.values())} faults have fallen: {counts}"

    def table(self, attempts: Sequence[Row]) -> str:
        """A row for each fault: how often it was injected, and the outcomes of the attempts that it affected."""
        lines = [_row("fault", "asked", "fell", *OUTCOMES), _row(*["---"] * (3 + len(OUTCOMES)))]
        for fault, asked in self.asked.items():
            outcomes = Counter(
                attempt["outcome"]
                for disruption in self.disruptions.get(fault, ())
                for attempt in disruption.affected(attempts)
            )
            lines.append(_row(fault, asked, self.injected(fault), *map(outcomes.__getitem__, OUTCOMES)))
        return "\n".join(lines)

    def complaints(
        self, attempts: Sequence[Row], *, kills_and_stops: Sequence[Disruption], without_executor: Sequence[Disruption]
    ) -> Iterator[str]:
        """The faults that were injected too seldom, and the lost attempts that nothing explains.

        `without_executor` are the times in which no executor was up.
        """
        for fault, asked in self.asked.items():
            if self.injected(fault) < asked:
                yield f"{fault} fell {self.injected(fault)} times of {asked}"
        outages = [disruption for fault in OUTAGES for disruption in self.disruptions.get(fault, ())]
        outages += without_executor
        for attempt in unexplained(attempts, kills_and_stops=kills_and_stops, outages=outages):
            victims = [f"{each.began:%X}" for each in kills_and_stops if each.victim == attempt["executor_id"]]
            yield (
                f"a strike that no fault explains: task {attempt['task_id']}, executor {attempt['executor_id']},"
                f" {attempt['started_at']:%X} to {attempt['finished_at']:%X}, killed or stopped at {victims}"
            )


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


@dataclass(frozen=True, kw_only=True)
class ChaosReport:
    """A run that is over, with its complaints in `wrong`."""

    seed: int
    seconds: float
    matrix: FaultMatrix
    attempts: Sequence[Row]
    log: Sequence[LogLine]
    completed: int
    # The ids of the drafts among them.
    drafts: AbstractSet[int]
    waiting: int
    wrong: Sequence[str]

    @property
    def lost_of_drafts(self) -> int:
        """How many attempts at drafts ended with their executor."""
        return sum(each["outcome"] == "lost" and each["task_id"] in self.drafts for each in self.attempts)

    def report(self, *, command: str) -> str:
        """A section for docs/reference/chaos.md."""
        ends = Counter(attempt["outcome"] for attempt in self.attempts)
        counts = ", ".join(f"{ends[outcome]} {outcome}" for outcome in OUTCOMES if ends[outcome])
        minutes, seconds = divmod(round(self.seconds), 60)
        return (
            f"\n## Seed {self.seed}\n\n`{command}`, {minutes} min {seconds} s: {self.completed} tasks in history,"
            f" {self.waiting} wait for a person after three strikes; {len(self.attempts)} attempts, {counts}."
            f" {len(self.drafts)} of the tasks are drafts, which lost {self.lost_of_drafts} attempts."
            f"\n\n{self.matrix.table(self.attempts)}\n\n"
            + "\n".join([f"{len(self.wrong)} complaints{':' if self.wrong else '.'}", *map("- {}".format, self.wrong)])
            + "\n"
        )
