"""The values of one executor, read from what it keeps anyway: without a reader they cost nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc import __version__
from mediaproc.attempt_context import AttemptContext
from mediaproc.core.circuit_breaker import BreakerState
from mediaproc.core.wait import Wait
from mediaproc.executor.executor import Executor
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.metrics import catalogue
from mediaproc.metrics.catalogue import Sample

_STATES = ("running", "paused", "draining")
_RESOURCES = {Wait.SLOT: "slot", Wait.DISK: "disk", Wait.MEMORY: "memory"}


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is told of: the executor, what its attempts work with, and how often each job of its schedule overlapped."""

    executor: Executor
    config: ExecutorConfig
    context: AttemptContext
    overlaps: Counter[str]


def executor_samples(watched: Watched) -> Iterator[Sample]:
    """All values of now."""
    yield Sample(metric=catalogue.INFO, labels=(__version__, str(watched.config.executor_id)), value=1)
    for state in _STATES:
        yield Sample(metric=catalogue.STATE, labels=(state,), value=state == watched.executor.state)
    for part, found in watched.executor.breaker_states().items():
        for one in BreakerState:
            yield Sample(metric=catalogue.BREAKER, labels=(part, one), value=one is found)
    yield from _slots(watched)
    yield from _disk(watched.context)
    yield from watched.executor.attempts.samples()
    tally = watched.executor.tally
    yield Sample(metric=catalogue.CLAIMS_LOST, value=tally["claim_lost"])
    yield Sample(metric=catalogue.UNSETTLED, value=tally["left_unsettled"])
    yield Sample(metric=catalogue.STRIKES_BACK, value=tally["strike_taken_back"])
    for job in sorted({"tick", "compensation", *watched.overlaps}):
        yield Sample(metric=catalogue.OVERLAPS, labels=(job,), value=watched.overlaps[job])


def _slots(watched: Watched) -> Iterator[Sample]:
    running = watched.executor.running()
    waiting = Counter(each.waits_for for each in running)
    yield Sample(metric=catalogue.SLOTS, value=watched.config.slots)
    yield Sample(metric=catalogue.SLOTS_BUSY, value=watched.context.slots.taken)
    yield Sample(metric=catalogue.ATTEMPTS_RUNNING, value=len(running))
    for wait, resource in _RESOURCES.items():
        yield Sample(metric=catalogue.ATTEMPTS_WAITING, labels=(resource,), value=waiting[wait])


def _disk(context: AttemptContext) -> Iterator[Sample]:
    try:
        free, size = context.scratch.disk()
    except OSError:
        # The disk is gone, of which the breaker of the scratch folder tells.
        return
    yield Sample(metric=catalogue.SCRATCH_FREE, value=free)
    yield Sample(metric=catalogue.SCRATCH_SIZE, value=size)
