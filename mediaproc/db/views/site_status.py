"""The whole site at a glance: its health, its queue, what runs, its executors, what needs somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from mediaproc.core.health import Diagnosis, diagnose
from mediaproc.db.alarms import AlarmLine, alarms
from mediaproc.db.pauses import PauseLine, pauses_in_force
from mediaproc.db.views import ops
from mediaproc.db.views.disk_use import disk_use
from mediaproc.db.views.health_figures import figures
from mediaproc.db.views.ops import BacklogLine, ExecutorLine, WorkingLine
from mediaproc.db.webhooks import WebhookLine, webhooks_to_show

# Executors that were seen since are told.
_SEEN_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class SiteStatus:
    """What the screen of `status` shows, and its `--json` prints."""

    diagnosis: Diagnosis
    backlog: Sequence[BacklogLine]
    working: Sequence[WorkingLine]
    executors: Sequence[ExecutorLine]
    last_hours: Mapping[str, float | None]
    disk: Mapping[str, int]
    pauses: Sequence[PauseLine]
    alarms: Sequence[AlarmLine]
    webhooks: Sequence[WebhookLine]


def read_status(connection: Connection) -> SiteStatus:
    """The site as it is now."""
    return SiteStatus(
        diagnosis=diagnose(figures(connection)),
        backlog=ops.backlog(connection),
        working=ops.working(connection),
        executors=ops.executors(connection, seen_within=_SEEN_WITHIN),
        last_hours=ops.done_per_hour(connection, hours=2),
        disk=disk_use(connection),
        pauses=pauses_in_force(connection),
        alarms=alarms(connection),
        webhooks=webhooks_to_show(connection),
    )
