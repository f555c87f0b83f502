"""What an executor counts as its attempts begin and end: plain numbers, read when somebody asks for them."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from mediaproc.core.lifecycle import AttemptOutcome, Failed, Rejected, Released
from mediaproc.core.task import ClaimedTask, Rendition, Report
from mediaproc.metrics import catalogue
from mediaproc.metrics.catalogue import Histogram, Metric, Sample

# Upper bounds in seconds: a stage may last from a few milliseconds (a copy's probe) to hours (a film's encode).
STAGE_BOUNDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)

_OUTCOME = {
    Rendition: AttemptOutcome.COMPLETED,
    Failed: AttemptOutcome.FAILED,
    Rejected: AttemptOutcome.REJECTED,
    Released: AttemptOutcome.RELEASED,
}


@dataclass
class _Observations:
    """How many observations fell into the bucket of each bound, and into the one above all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(STAGE_BOUNDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(STAGE_BOUNDS, seconds)] += 1
        self.sum += seconds

    def histogram(self) -> Histogram:
        bounds = (*STAGE_BOUNDS, inf)
        up_to = [sum(self.counts[: number + 1]) for number in range(len(bounds))]
        return Histogram(buckets=tuple(zip(bounds, up_to, strict=True)), sum=self.sum)


class AttemptTally:
    """Thread-safe; a few additions for each attempt, so that it is kept whether or not anybody reads it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[Metric, tuple[str, ...]]] = Counter()
        self._amounts: dict[tuple[Metric, tuple[str, ...]], float] = {}
        self._stages: dict[str, _Observations] = {}

    def claimed(self, task: ClaimedTask) -> None:
        """The task has just been claimed."""
        with self._lock:
            self._counts[catalogue.CLAIMS, (task.profile,)] += 1
            if task.fail_count:
                self._counts[catalogue.RETRIES, (task.profile,)] += 1

    def lost(self, task: ClaimedTask, *, report: Report) -> None:
        """An attempt ended whose claim was lost: what it used was used all the same."""
        with self._lock:
            self._add_report(task, report=report)

    def settled(self, task: ClaimedTask, *, ending: Rendition | Failed | Rejected | Released, report: Report) -> None:
        """An attempt ended so, and the database has it."""
        error_class = "" if isinstance(ending, Rendition) else str(ending.error_class)
        with self._lock:
            self._counts[catalogue.ATTEMPTS, (task.profile, str(_OUTCOME[type(ending)]), error_class)] += 1
            self._add_report(task, report=report)
            if isinstance(ending, Rendition):
                self._add(catalogue.INPUT_BYTES, task.size, profile=task.profile)
                self._add(catalogue.OUTPUT_BYTES, ending.size, profile=task.profile)
                self._add(catalogue.VIDEO_SECONDS, ending.duration or 0.0, profile=task.profile)

    def _add_report(self, task: ClaimedTask, *, report: Report) -> None:
        self._add(catalogue.CPU_SECONDS, report.cpu_seconds, profile=task.profile)
        for stage, seconds in report.stage_seconds.items():
            self._stages.setdefault(str(stage), _Observations()).add(seconds)

    def _add(self, metric: Metric, amount: float, *, profile: str) -> None:
        key = (metric, (profile,))
        self._amounts[key] = self._amounts.get(key, 0.0) + amount

    def samples(self) -> Iterator[Sample]:
        """All that was counted so far."""
        with self._lock:
            counted = [*self._counts.items(), *self._amounts.items()]
            stages = {stage: each.histogram() for stage, each in self._stages.items()}
        for (metric, labels), value in counted:
            yield Sample(metric=metric, labels=labels, value=value)
        for stage, histogram in stages.items():
            yield Sample(metric=catalogue.STAGE_SECONDS, labels=(stage,), value=histogram)
