"""What the first screen of the pages shows: the site's health, and where its queue, its work and its failures are.

Each statement walks an index and ends with the first row that is not counted any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from mediaproc.core.health import MOST_COUNTED, Diagnosis, Figures, diagnose
from mediaproc.core.shard import BUCKETS
from mediaproc.db.alarms import AlarmLine, alarms
from mediaproc.db.schema.conditions import CLAIMABLE, HAS_FAILED
from mediaproc.db.views import ops
from mediaproc.db.views.health_figures import figures
from mediaproc.db.views.lines import lines
from mediaproc.db.views.ops import BacklogLine, ExecutorLine, WorkingLine
from mediaproc.db.webhooks import WebhookLine, webhooks_to_show

HOURS = 12
# Shards of more than these are no table that anybody reads.
_MOST_SHARDS = 12
_SEEN_WITHIN = timedelta(hours=1)
_LIVING = frozenset({"running", "paused", "draining"})


@dataclass(frozen=True, kw_only=True)
class FailuresLine:
    """Tasks that stand failed or rejected for the same reason; `lately`: those that changed within a day."""

    error_class: str | None
    tasks: int
    lately: int
    latest_at: datetime


@dataclass(frozen=True, kw_only=True)
class HourLine:
    """What was completed within an hour that ended `hours_ago`; the bytes are those of films alone."""

    hours_ago: int
    tasks: int
    more: bool
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, kw_only=True)
class ShardLine:
    """Tasks of one profile that one shard may claim, due or not."""

    profile: str
    shard_index: int
    tasks: int
    oldest_age: timedelta


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All of it, as it was at `now`."""

    now: datetime
    figures: Figures
    backlog: Sequence[BacklogLine]
    working: Sequence[WorkingLine]
    executors: Sequence[ExecutorLine]
    failures: Sequence[FailuresLine]
    hours: Sequence[HourLine]
    shard_total: int
    shards: Sequence[ShardLine]
    alarms: Sequence[AlarmLine]
    webhooks: Sequence[WebhookLine]

    @property
    def diagnosis(self) -> Diagnosis:
        """The site's health, as `status` has it."""
        return diagnose(self.figures)

    @property
    def reasons(self) -> Sequence[str]:
        """What is not as it should be, without what the page itself counts and lists: what failed, what is paused."""
        return diagnose(replace(self.figures, out_of_tries=0, pauses=())).reasons

    @property
    def living(self) -> Sequence[ExecutorLine]:
        """The executors that live."""
        return [line for line in self.executors if line.state in _LIVING]

    @property
    def silent(self) -> Sequence[ExecutorLine]:
        """The executors that are gone without having said so, and after which none began on their machine."""
        began = {line.host: line.started_at for line in sorted(self.living, key=lambda line: line.started_at)}
        gone = [line for line in self.executors if line.state == "gone"]
        return [line for line in gone if line.host not in began or began[line.host] < line.heartbeat_at]

    @property
    def by_profile(self) -> Mapping[str, Sequence[BacklogLine]]:
        """The backlog of each profile."""
        profiles = sorted({line.profile for line in self.backlog})
        return {name: [line for line in self.backlog if line.profile == name] for name in profiles}


def read_overview(connection: Connection) -> Overview:
    """The site as it is now."""
    executors = ops.executors(connection, seen_within=_SEEN_WITHIN)
    serving = [line for line in executors if line.state in _LIVING and not line.confined]
    largest = max(serving, key=lambda line: line.shard_total, default=None)
    total = 1 if largest is None or largest.shard_total > _MOST_SHARDS else largest.shard_total
    return Overview(
        now=connection.execute(select(func.now())).scalar_one(),
        figures=figures(connection),
        backlog=ops.backlog(connection),
        working=ops.working(connection),
        executors=executors,
        failures=failures(connection),
        hours=last_hours(connection),
        shard_total=total,
        shards=[]
        if total == 1 or largest is None
        else waiting_by_shard(connection, total=total, is_auto=largest.shard_is_auto),
        alarms=alarms(connection),
        webhooks=webhooks_to_show(connection),
    )


_FAILURES = f"""
SELECT error_class, count(*) AS tasks, count(*) FILTER (WHERE updated_at > now() - interval '1 day') AS lately,
    max(updated_at) AS latest_at
FROM (
    SELECT error_class, updated_at FROM media_process WHERE {HAS_FAILED}
    ORDER BY created_at DESC, id DESC LIMIT :most
) AS latest
GROUP BY error_class ORDER BY tasks DESC, error_class
"""  # noqa: S608 - our own condition


def failures(connection: Connection) -> list[FailuresLine]:
    """What failed or was rejected, by its reason, the most frequent first; of the newest `MOST_COUNTED` such tasks."""
    return lines(connection, FailuresLine, _FAILURES, most=MOST_COUNTED)


# An hour that is over by parts: the first one ends now.
_LAST_HOURS = """
SELECT hours.ago AS hours_ago, least(done.tasks, :most) AS tasks, done.tasks > :most AS more,
    done.bytes_in::bigint AS bytes_in, done.bytes_out::bigint AS bytes_out
FROM generate_series(:hours - 1, 0, -1) AS hours (ago)
CROSS JOIN LATERAL (
    SELECT count(*) AS tasks,
        coalesce(sum(bytes_in) FILTER (WHERE is_film), 0) AS bytes_in,
        coalesce(sum(bytes_out) FILTER (WHERE is_film), 0) AS bytes_out
    FROM (
        SELECT bytes_in, bytes_out, video_codec = 'h264' AND bytes_in > 0 AND bytes_out > 0 AS is_film
        FROM media_process_history
        WHERE finished_at > now() - make_interval(hours => hours.ago + 1)
            AND finished_at <= now() - make_interval(hours => hours.ago) AND outcome = 'completed'
        LIMIT :most + 1
    ) AS counted
) AS done
ORDER BY hours.ago DESC
"""


def last_hours(connection: Connection) -> list[HourLine]:
    """What was completed in each of the last `HOURS` hours, the longest ago first."""
    return lines(connection, HourLine, _LAST_HOURS, hours=HOURS, most=MOST_COUNTED)


_BY_SHARD = f"""
SELECT profile, ((id % :buckets) % :total)::integer AS shard_index, count(*) AS tasks,
    now() - min(created_at) AS oldest_age
FROM (
    SELECT id, profile, created_at FROM media_process WHERE {CLAIMABLE} ORDER BY next_attempt_at, id LIMIT :most
) AS longest
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - our own condition


def waiting_by_shard(connection: Connection, *, total: int, is_auto: bool) -> list[ShardLine]:
    """Whose turn it is to claim what waits, of the `MOST_COUNTED` tasks that have been due for the longest."""
    # What an automatic shard owns are buckets; any other one owns ids themselves.
    buckets = BUCKETS if is_auto else total
    return lines(connection, ShardLine, _BY_SHARD, total=total, buckets=buckets, most=MOST_COUNTED)
