"""The screen of `status`: health and its reasons, the queue, what runs, the executors, the last hours."""

from collections.abc import Iterator, Mapping, Sequence

from mediaproc.cli.tables import Column, paragraph, table
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.core.shard import Shard
from mediaproc.db.executor_registry import ISOLATED
from mediaproc.db.views.message_sentences import message_sentences
from mediaproc.db.views.ops import BacklogLine, ExecutorLine, WorkingLine
from mediaproc.db.views.site_status import SiteStatus
from mediaproc.formatting import duration, running_time, size

# The most lines of each table on the screen; `--json` prints all.
_MOST_LINES = 20

# Bytes from which on the screen tells of the tables' disk use.
_LARGE_TABLES = 10_000_000_000


def status_screen(site: SiteStatus, *, width: int | None) -> Iterator[str]:
    """The lines of the screen, none longer than `width`."""
    yield str(site.diagnosis.health)
    for reason in site.diagnosis.reasons[:_MOST_LINES]:
        yield paragraph(f"- {shown(reason)}", width=width)
    if len(site.diagnosis.reasons) > _MOST_LINES:
        yield _rest(site.diagnosis.reasons).strip()
    for sentence in message_sentences(site.alarms, site.webhooks):
        yield paragraph(f"- {shown(sentence)}", width=width)
    yield from _section("Queue", _backlog(site.backlog, width=width), empty="Nothing waits to be done.")
    yield from _section("At work", _working(site.working, width=width), empty="Nobody works on anything.")
    yield from _section("Executors", _executors(site.executors, width=width), empty="None was seen lately.")
    for line in site.executors:
        if line.state != "stopped" and line.sandbox not in {None, ISOLATED}:
            yield paragraph(f"On {shown(line.host)}, pid {line.pid}: {shown(line.sandbox or '')}.", width=width)
    yield ""
    yield paragraph(_last_hours(site.last_hours), width=width)
    if sum(site.disk.values()) > _LARGE_TABLES:
        yield paragraph(_disk(site.disk), width=width)


def _section(title: str, lines: str, *, empty: str) -> Iterator[str]:
    yield ""
    yield title
    yield lines or empty


def _backlog(lines: Sequence[BacklogLine], *, width: int | None) -> str:
    if not lines:
        return ""
    columns = (
        Column(title="tasks", right=True),
        Column(title="status"),
        Column(title="profile", names=True),
        Column(title="waits for"),
        Column(title="oldest", right=True),
    )
    rows = [(_count(line), line.status, line.profile, line.waits_for, duration(line.oldest_age)) for line in lines]
    return table(columns, rows, width=width)


def _count(line: BacklogLine) -> str:
    return f"{line.tasks:,}+" if line.more else str(line.tasks)


def _working(lines: Sequence[WorkingLine], *, width: int | None) -> str:
    if not lines:
        return ""
    columns = (
        Column(title="task", right=True),
        Column(title="on", names=True),
        Column(title="for", right=True),
        Column(title="done", right=True),
        Column(title="%/min", right=True),
        Column(title="ready in", right=True),
        Column(title="file", names=True),
    )
    rows = [
        (
            line.task_id,
            line.host,
            duration(line.working_for),
            "" if line.percent is None else f"{line.percent:.0f} %",
            "" if line.percent_per_minute is None else f"{line.percent_per_minute:.0f}",
            "lease ran out" if line.lease_ran_out else duration(line.ready_in),
            line.filename,
        )
        for line in lines[:_MOST_LINES]
    ]
    return table(columns, rows, width=width) + _rest(lines)


def _executors(lines: Sequence[ExecutorLine], *, width: int | None) -> str:
    if not lines:
        return ""
    columns = (
        Column(title="shard"),
        Column(title="state"),
        Column(title="busy", right=True),
        Column(title="seen", right=True),
        Column(title="up", right=True),
        Column(title="pid", right=True),
        Column(title="host", names=True),
    )
    rows = [
        (
            "own tasks" if line.confined else str(_shard(line)),
            line.state,
            _busy(line),
            f"{duration(line.last_seen)} ago",
            duration(line.heartbeat_at - line.started_at),
            line.pid,
            line.host,
        )
        for line in lines[:_MOST_LINES]
    ]
    return table(columns, rows, width=width) + _rest(lines)


def _shard(line: ExecutorLine) -> Shard:
    return Shard(line.shard_index, line.shard_total, is_auto=line.shard_is_auto)


def _busy(line: ExecutorLine) -> str:
    """How many slots are busy, of how many, and how many tasks more it holds ahead of its encodes and behind them."""
    more = line.tasks - line.slots
    return f"{min(line.tasks, line.slots)}/{line.slots}" + (f" +{more}" if more > 0 else "")


def _rest(lines: Sequence[object]) -> str:
    return f"\n... and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""


def _last_hours(sums: Mapping[str, float | None]) -> str:
    done = int(sums["completed"] or 0)
    film = f" ({running_time(sums['seconds_of_video'])} of video)" if done else ""
    return (
        f"This hour and the last: {counted(done, 'task')} done{film},"
        f" {int(sums['rejected'] or 0)} rejected, {counted(int(sums['failed'] or 0), 'attempt')} failed."
    )


def _disk(tables: Mapping[str, int]) -> str:
    largest, use = max(tables.items(), key=lambda table: table[1])
    whole = size(sum(tables.values()))
    return f"The tables take {whole}, of it {largest} {size(use)}: `mediaproc prune` removes what is old."
