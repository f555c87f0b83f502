"""What fell upon a run and what came of it, as a person reads it: a matrix of fault and outcome, in Markdown."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.disruptions import Disruption, Row, unexplained
from tests.chaos.faults import OUTAGES
from tests.parts.executors import LogLine

OUTCOMES = ("completed", "released", "lost", "failed", "rejected", "cancelled")


@dataclass(frozen=True)
class FaultMatrix:
    """Which faults shall fall how often, and those that fell upon somebody."""

    asked: Mapping[str, int]
    blows: dict[str, list[Disruption]] = field(default_factory=dict)

    def add(self, fault: str, *, blow: Disruption) -> None:
        self.blows.setdefault(fault, []).append(blow)

    def fallen(self, fault: str) -> int:
        return len(self.blows.get(fault, ()))

    def so_far(self) -> str:
        """In one line."""
        counts = ", ".join(f"{fault} {self.fallen(fault)}/{asked}" for fault, asked in self.asked.items())
        return f"{sum(map(self.fallen, self.asked))} of {sum(self.asked.values())} faults have fallen: {counts}"

    def matrix(self, attempts: Sequence[Row]) -> str:
        """A row for each fault: how often it fell, and what became of the attempts that it struck."""
        lines = [_row("fault", "asked", "fell", *OUTCOMES), _row(*["---"] * (3 + len(OUTCOMES)))]
        for fault, asked in self.asked.items():
            struck = [attempt["outcome"] for blow in self.blows.get(fault, ()) for attempt in blow.struck(attempts)]
            lines.append(_row(fault, asked, self.fallen(fault), *map(Counter(struck).__getitem__, OUTCOMES)))
        return "\n".join(lines)

    def complaints(
        self, attempts: Sequence[Row], *, deeds: Sequence[Disruption], alone: Sequence[Disruption]
    ) -> Iterator[str]:
        """What fell too seldom, and the lost attempts that nothing explains; `alone`: when nobody was up."""
        for fault, asked in self.asked.items():
            if self.fallen(fault) < asked:
                yield f"{fault} fell {self.fallen(fault)} times of {asked}"
        outages = [blow for fault in OUTAGES for blow in self.blows.get(fault, ())]
        outages += alone
        for attempt in unexplained(attempts, deeds=deeds, outages=outages):
            victims = [f"{deed.began:%X}" for deed in deeds if deed.victim == attempt["executor_id"]]
            yield (
                f"a strike that no fault explains: task {attempt['task_id']}, executor {attempt['executor_id']},"
                f" {attempt['started_at']:%X} to {attempt['finished_at']:%X}, killed or stopped at {victims}"
            )


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run that is over."""

    seed: int
    seconds: float
    record: FaultMatrix
    attempts: Sequence[Row]
    log: Sequence[LogLine]
    completed: int
    waiting: int
    wrong: Sequence[str]

    def report(self, *, command: str) -> str:
        """A section for docs/reference/chaos.md."""
        ends = Counter(attempt["outcome"] for attempt in self.attempts)
        counts = ", ".join(f"{ends[outcome]} {outcome}" for outcome in OUTCOMES if ends[outcome])
        minutes, seconds = divmod(round(self.seconds), 60)
        return (
            f"\n## Seed {self.seed}\n\n`{command}`, {minutes} min {seconds} s: {self.completed} tasks in history,"
            f" {self.waiting} wait for a person after three strikes; {len(self.attempts)} attempts, {counts}."
            f"\n\n{self.record.matrix(self.attempts)}\n\n"
            + "\n".join([f"{len(self.wrong)} complaints{':' if self.wrong else '.'}", *map("- {}".format, self.wrong)])
            + "\n"
        )
