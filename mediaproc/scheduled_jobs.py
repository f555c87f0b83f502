"""What is done by the clock: the job of each schedule of an executor."""

import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from mediaproc.app import make_alarms, make_pruning
from mediaproc.compensation import Compensation, Passes
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.schedule import ScheduleName
from mediaproc.core.tick_offset import COMPENSATION_LATER_BY, tick_offset
from mediaproc.delivery.alarms import Alarms
from mediaproc.delivery.deliverer import Deliverer
from mediaproc.executor.executor import Executor
from mediaproc.parts import Parts
from mediaproc.retention.pruning import Pruning
from mediaproc.scheduler import Scheduler
from mediaproc.site_schedule import Run, SiteSchedule

_Answer = TypeVar("_Answer")


def make_schedule(parts: Parts, *, overlaps: Counter[str], log: FilteringBoundLogger) -> SiteSchedule:
    """A schedule without jobs, which fires at the moments of this node; `overlaps` counts by job."""
    offset = tick_offset(parts.settings.shard, host=socket.gethostname())
    return SiteSchedule(parts.database, scheduler=Scheduler(log=log, offset=offset, overlaps=overlaps), log=log)


def add_jobs(
    schedule: SiteSchedule,
    *,
    executor: Executor,
    passes: Passes,
    compensation: Compensation,
    deliverer: Deliverer,
    parts: Parts,
) -> None:
    """What this executor does by the clock for itself, and what one executor of the site does at each fire."""
    settings = parts.settings
    schedule.add(ScheduleName.TICK, cron=settings.cron, job=executor.tick)
    schedule.add(
        ScheduleName.COMPENSATION,
        cron=settings.compensate_cron,
        job=partial(compensate_or_log, passes.run, otherwise=None, log=compensation.log),
        later_by=COMPENSATION_LATER_BY,
    )
    schedule.add_once_per_site(ScheduleName.SWEEP, cron=settings.sweep_cron, job=partial(_sweep, compensation))
    schedule.add_once_per_site(
        ScheduleName.PRUNE, cron=settings.prune_cron, job=partial(prune, make_pruning(parts, log=compensation.log))
    )
    schedule.add_once_per_site(ScheduleName.DELIVERIES, cron=settings.deliveries_cron, job=partial(_deliver, deliverer))
    alarms = make_alarms(parts, log=compensation.log)
    schedule.add_once_per_site(ScheduleName.ALARMS, cron=settings.alarms_cron, job=partial(_look_for_alarms, alarms))


def compensate_or_log(compensate: Callable[[], _Answer], *, otherwise: _Answer, log: FilteringBoundLogger) -> _Answer:
    """What `compensate` answers; `otherwise` where a part is away, for which the next pass will do."""
    try:
        return compensate()
    except (Unavailable, PartMissing) as error:
        log.warning("compensation_waits", reason=str(error))
        return otherwise


def _deliver(deliverer: Deliverer, _run: Run) -> str:
    return f"{deliverer.open_lanes()} webhooks with messages due"


def _look_for_alarms(alarms: Alarms, _run: Run) -> str:
    return f"{alarms.look()} alarms begun"


def _sweep(compensation: Compensation, _run: Run) -> str:
    return f"{compensation.sweep()} objects removed"


def prune(pruning: Pruning, run: Run) -> str:
    """One pass of the retention for the site; it ends when the run is this executor's no more."""
    pruning = replace(pruning, stop=run.is_ending, may_go_on=run.keep, is_scheduled=True)
    return f"{pruning.run(actor=f'schedule {run.name}').rows} rows removed"
