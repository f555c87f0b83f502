"""Every metric that an executor or a server of the page exports: its name, its kind, its labels, what it means.

The labels have few values, which do not grow with the work: no task, no file, no tenant is in one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """As Prometheus names it. A counter's name ends in `_total`, and counts from the start of the process."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One name, whatever its labels hold."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How many observations did not pass each upper bound, of which the last is infinite, and the sum of all."""

    buckets: tuple[tuple[float, int], ...]
    sum: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A metric's value for the values of its labels, in the order of `Metric.labels`."""

    metric: Metric
    value: float | Histogram
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Names:
    """Metrics by name, in the order in which they are told."""

    metrics: dict[str, Metric] = field(default_factory=dict)

    def add(self, kind: Kind, name: str, meaning: str, *labels: str) -> Metric:
        self.metrics[name] = Metric(name=name, kind=kind, meaning=meaning, labels=labels)
        return self.metrics[name]

    def gauge(self, name: str, meaning: str, *labels: str) -> Metric:
        return self.add(Kind.GAUGE, name, meaning, *labels)

    def counter(self, name: str, meaning: str, *labels: str) -> Metric:
        return self.add(Kind.COUNTER, name, meaning, *labels)

    def histogram(self, name: str, meaning: str, *labels: str) -> Metric:
        return self.add(Kind.HISTOGRAM, name, meaning, *labels)


_of = _Names()

# This executor.
INFO = _of.gauge("mediaproc_executor_info", "1; which program this is", "version", "executor")
STATE = _of.gauge(
    "mediaproc_executor_state", "1 for the state that the executor is in, 0 for the others", "state"
)  # fmt: skip
SLOTS = _of.gauge("mediaproc_slots", "transcodes that this executor runs at a time, at most")
SLOTS_BUSY = _of.gauge("mediaproc_slots_busy", "transcodes that run now")
ATTEMPTS_RUNNING = _of.gauge("mediaproc_attempts_running", "tasks that this executor has claimed and not settled yet")
ATTEMPTS_WAITING = _of.gauge(
    "mediaproc_attempts_waiting", "those of them that wait for what others of this executor have", "resource"
)
BREAKER = _of.gauge(
    "mediaproc_breaker_state",
    "1 for the state of a part's circuit breaker, 0 for the others; while one is open nothing is claimed",
    "part",
    "state",
)
SCRATCH_FREE = _of.gauge("mediaproc_scratch_free_bytes", "free bytes on the scratch disk")
SCRATCH_SIZE = _of.gauge("mediaproc_scratch_size_bytes", "bytes that the scratch disk has")

# What this executor has done since it started.
CLAIMS = _of.counter("mediaproc_claims_total", "tasks that this executor claimed", "profile")
RETRIES = _of.counter(
    "mediaproc_retries_total", "those of them that had a strike already: a further try after a failure", "profile"
)
CLAIMS_LOST = _of.counter("mediaproc_claims_lost_total", "claims that another writer took from this executor")
ATTEMPTS = _of.counter(
    "mediaproc_attempts_total",
    "attempts that were settled, by how they ended; `error_class` is empty for `completed`",
    "profile",
    "outcome",
    "error_class",
)
UNSETTLED = _of.counter(
    "mediaproc_attempts_left_unsettled_total", "attempts that a drain left to the end of their lease"
)
STRIKES_BACK = _of.counter(
    "mediaproc_strikes_taken_back_total", "strikes that an outage had caused and that were undone"
)
STAGE_SECONDS = _of.histogram("mediaproc_stage_seconds", "how long each stage of an attempt took", "stage")
CPU_SECONDS = _of.counter(
    "mediaproc_ffmpeg_cpu_seconds_total", "CPU seconds of every ffmpeg and ffprobe of attempts that ended", "profile"
)
INPUT_BYTES = _of.counter("mediaproc_input_bytes_total", "bytes of the sources of completed tasks", "profile")
OUTPUT_BYTES = _of.counter("mediaproc_output_bytes_total", "bytes of the renditions of completed tasks", "profile")
VIDEO_SECONDS = _of.counter(
    "mediaproc_video_seconds_total", "playing time of the renditions of completed tasks", "profile"
)
OVERLAPS = _of.counter(
    "mediaproc_ticks_overlapped_total",
    "firings of a schedule that were skipped, since the one before still ran",
    "schedule",
)

# A server of the page and the HTTP API.
HTTP_REQUESTS = _of.counter(
    "mediaproc_http_requests_total",
    "requests that this server of the page and the HTTP API answered; `route` is the form of the address",
    "method",
    "route",
    "status",
)

# The whole site, as its database has it: every executor tells the same, so take the largest and never the sum.
DATABASE_UP = _of.gauge(
    "mediaproc_database_up",
    "whether the database answered at this scrape; where it did not, nothing of the site is told",
)
BACKLOG = _of.gauge(
    "mediaproc_backlog_tasks",
    "tasks that are not done, by what they wait for; of those that wait for one thing 10,000 are counted",
    "profile",
    "waits_for",
    "status",
)
BACKLOG_AGE = _of.gauge(
    "mediaproc_backlog_age_seconds",
    "for how long the task that has waited the longest for a free slot has been due; 0 where none waits",
    "profile",
)
EXHAUSTED = _of.gauge("mediaproc_exhausted_tasks", "tasks that failed for good and wait for a person", "profile")
PAUSES = _of.gauge("mediaproc_pauses", "pauses of a person that are in force", "scope")
EXECUTORS = _of.gauge("mediaproc_executors", "executors of the site that were seen in the last hour", "state")

METRICS: Mapping[str, Metric] = MappingProxyType(_of.metrics)


def series_names(metrics: Iterable[Metric]) -> frozenset[str]:
    """The names by which a query may ask for these metrics."""
    names: set[str] = set()
    for metric in metrics:
        if metric.kind is Kind.HISTOGRAM:
            names |= {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
        else:
            names.add(metric.name)
    return frozenset(names)
