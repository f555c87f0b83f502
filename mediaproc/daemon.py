"""The long-running process of a node: waits for its parts, runs executor and schedule, ends in good order."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

from structlog.typing import FilteringBoundLogger

from mediaproc import log
from mediaproc.admission import MemoryBudget
from mediaproc.app import make_compensation, make_other_attempts, make_runner, make_sender, site_limits, site_profiles
from mediaproc.attempt_context import AttemptContext
from mediaproc.compensation import Compensation, Passes
from mediaproc.config import Settings
from mediaproc.core.backoff import task_failure
from mediaproc.core.hold_off import hold_off
from mediaproc.core.schedule import ScheduleName
from mediaproc.db.control import Control
from mediaproc.delivery.deliverer import Deliverer
from mediaproc.disk_room import DiskRoom
from mediaproc.executor.control_watch import ControlWatch
from mediaproc.executor.executor import Executor
from mediaproc.executor.executor_config import ExecutorConfig
from mediaproc.executor.listening import Callbacks, Listening
from mediaproc.executor.peer_watch import PeerWatch
from mediaproc.executor.wake_ups import WakeUps
from mediaproc.ffmpeg.capabilities import require_encoders
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.machine import usable_cpus, usable_memory
from mediaproc.monitoring.endpoint import monitored
from mediaproc.monitoring.executor_samples import Watched
from mediaproc.parts import Parts
from mediaproc.processors import installed_processors
from mediaproc.scheduled_jobs import add_jobs, compensate_or_log, make_schedule
from mediaproc.scratch import Scratch
from mediaproc.signals import Stop
from mediaproc.site_schedule import SiteSchedule
from mediaproc.slots import Slots
from mediaproc.startup import until_it_works
from mediaproc.thread_failures import drained_by_thread_failures
from mediaproc.tracing.attempt_trace import Traces
from mediaproc.tracing.opentelemetry_traces import traced


def run_executor(
    parts: Parts,
    *,
    stop: Stop,
    until_idle: bool = False,
    only: Collection[int] | None = None,
    only_profiles: Collection[str] = (),
    on_drain: Callable[[str], None] = lambda _sentence: None,
    on_pause: Callable[[str], None] = lambda _sentence: None,
) -> None:
    """Run an executor until `stop` is told, or, with `until_idle`, until nothing is left to do for it.

    `only` confines it to these tasks, which are for `only_profiles`. `on_drain` hears a sentence for a person when
    `stop` is told while tasks run, `on_pause` one when nothing is claimed for want of a part or for a pause.

    Raises:
        PartMissing: something is not there that waiting cannot mend.
    """
    settings, executor_id = parts.settings, uuid4()
    logger = log.of_executor(executor_id)
    runner = make_runner(settings)
    require_encoders(runner.describe().ffmpeg)
    for sentence in installed_processors().broken:
        logger.warning("processor_broken", reason=sentence)
    logger.info("sandbox", isolated=runner.describe().isolated, meaning=runner.describe().sentence)
    with (
        _scratch(settings, executor_id=executor_id, log=logger) as scratch,
        traced(executor_id=executor_id, log=logger) as traces,
    ):
        context = _attempt_context(parts, runner=runner, scratch=scratch, traces=traces)
        config = replace(
            _config(settings, executor_id=executor_id, until_idle=until_idle),
            only=only,
            only_profiles=only_profiles,
        )
        executor = Executor(parts.database, context=context, config=config, log=logger)
        compensation = make_compensation(parts, log=logger)
        # `transcode` leaves the address to the executor of its node.
        address = settings.metrics if only is None else None
        watched = Watched(executor=executor, config=config, context=context, overlaps=Counter())
        schedule = make_schedule(parts, overlaps=watched.overlaps, log=logger)
        # Before the start: a monitor asks also while that waits for a part.
        with monitored(address, watched=watched, database=parts.database, log=logger):
            for step in (parts.store.check, executor.start):
                if not until_it_works(step, stop=stop, log=logger):
                    return
            with (
                drained_by_thread_failures(stop, log=logger),
                _listening(
                    executor, compensation=compensation, schedule=schedule, parts=parts, config=config, log=logger
                ) as control_watch,
            ):
                _serve(
                    executor,
                    schedule=schedule,
                    control_watch=control_watch,
                    settings=settings,
                    stop=stop,
                    on_drain=on_drain,
                    on_pause=on_pause,
                )


@contextmanager
def _scratch(settings: Settings, *, executor_id: UUID, log: FilteringBoundLogger) -> Iterator[Scratch]:
    """The executor's part of the scratch disk, with what dead executors left there removed."""
    scratch = Scratch(settings.scratch_folder.absolute(), executor_id=executor_id)
    try:
        for folder in scratch.sweep():
            log.info("leftovers_removed", folder=folder.name)
        yield scratch
    finally:
        scratch.close()


def _attempt_context(parts: Parts, *, runner: FfmpegRunner, scratch: Scratch, traces: Traces) -> AttemptContext:
    return AttemptContext(
        store=parts.store,
        runner=runner,
        scratch=scratch,
        memory=MemoryBudget(usable_memory()),
        slots=Slots(parts.settings.slots),
        room=DiskRoom(scratch),
        profiles=site_profiles(parts.settings),
        processors=installed_processors(),
        limits=site_limits(parts.settings),
        traces=traces,
        others=make_other_attempts(parts),
    )


def _follow(
    control: Control, *, executor: Executor, schedule: SiteSchedule, wake_ups: WakeUps, deliverer: Deliverer
) -> None:
    """Do as a person has said."""
    deliverer.pause(is_paused=control.is_paused(ScheduleName.DELIVERIES))
    if executor.follow_pauses(control.pauses):
        wake_ups.wake()
    schedule.apply(control)


@contextmanager
def _listening(
    executor: Executor,
    *,
    compensation: Compensation,
    schedule: SiteSchedule,
    parts: Parts,
    config: ExecutorConfig,
    log: FilteringBoundLogger,
) -> Iterator[ControlWatch]:
    """Inside the block executor and deliverer are woken for what is due; what the dead held is taken from them.

    It follows pauses and schedules once the watch that the block gets is started.
    """
    wake_ups = WakeUps(shard=executor.shard, on_due=executor.wake)
    # Until the first look at what a person has paused.
    deliverer = Deliverer(make_sender(parts, log=log), log=log, is_paused=True)
    peer_watch = PeerWatch(
        hold_off=hold_off(lease=config.lease),
        on_dead=lambda dead: compensate_or_log(lambda: compensation.take_from_the_dead(dead), otherwise=dead, log=log),
        log=log,
    )
    control_watch = ControlWatch(
        parts.database,
        bucket=parts.store.bucket,
        given_up_after=compensation.uploads_given_up_after,
        on_control=lambda control: _follow(
            control, executor=executor, schedule=schedule, wake_ups=wake_ups, deliverer=deliverer
        ),
        share=lambda: peer_watch.share,
        log=log,
    )
    listening = Listening(
        parts.database,
        executor_id=config.executor_id,
        shard=executor.shard,
        wake_ups=wake_ups,
        peer_watch=peer_watch,
        callbacks=Callbacks(
            on_lock_lost=executor.lock_lost,
            on_wanted=executor.give_back,
            on_message=deliverer.wake,
            on_control=control_watch.told,
            on_ended=executor.claims_ended,
        ),
        log=log,
    )
    passes = Passes(replace(compensation, on_control=control_watch.found), share=lambda: peer_watch.share, log=log)
    add_jobs(schedule, executor=executor, passes=passes, compensation=compensation, deliverer=deliverer, parts=parts)
    for part in (wake_ups, deliverer, listening):
        part.start()
    try:
        yield control_watch
    finally:
        control_watch.end()
        for part in (wake_ups, deliverer, listening):
            part.end()


def _serve(
    executor: Executor,
    *,
    schedule: SiteSchedule,
    control_watch: ControlWatch,
    settings: Settings,
    stop: Stop,
    on_drain: Callable[[str], None],
    on_pause: Callable[[str], None],
) -> None:
    # What is paused does not even begin.
    control_watch.start()
    schedule.start()
    try:
        is_paused = False
        # Two events, one wait.
        while not stop.drain.wait(0.2) and not executor.finished.is_set():
            paused_for = executor.paused_for
            if paused_for is not None and not is_paused:
                on_pause(f"Waiting: {paused_for}")
            is_paused = paused_for is not None
        if stop.drain.is_set() and executor.running():
            on_drain(f"Finishing what runs, at most {settings.drain_grace:.0f} s; Ctrl-C again stops at once.")
    finally:
        schedule.end()
        executor.drain(grace=settings.drain_grace, hurry=stop.hurry)
        schedule.wait_for_runs()


def _config(settings: Settings, *, executor_id: UUID, until_idle: bool) -> ExecutorConfig:
    return ExecutorConfig(
        executor_id=executor_id,
        shard=settings.shard,
        slots=settings.slots,
        cpus=usable_cpus(),
        lease=settings.lease,
        heartbeat=settings.heartbeat,
        steal_after=settings.steal_after,
        policy=task_failure(base=settings.backoff, cap=settings.backoff_cap),
        until_idle=until_idle,
    )
