"""What the health of a site is judged by: its due and abandoned tasks, and the executors that live."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, select, text

from mediaproc.core.health import MOST_COUNTED, Figures, Kind, Living
from mediaproc.core.pause import Pause, pause_of_executor
from mediaproc.db.control import read_control
from mediaproc.db.schema import media_executor, media_process
from mediaproc.db.schema.conditions import CLAIMABLE, EXHAUSTED, IS_PROCESSING
from mediaproc.db.views.ops import ExecutorLine, executors

_task = media_process.c
_executor = media_executor.c
_ALIVE = frozenset({"running", "paused", "draining"})


def figures(connection: Connection, *, overdue_by: float = 60.0) -> Figures:
    """The figures for the site's health; a claim counts as abandoned `overdue_by` seconds after its lease ran out."""
    overdue = _task.lease_expires_at < func.now() - timedelta(seconds=overdue_by)
    abandoned = _count(connection, select(_task.id).where(text(IS_PROCESSING), overdue))
    out_of_tries = _count(connection, select(_task.id).where(text(EXHAUSTED)).order_by(_task.updated_at))
    # The longest due come first, so that `due_since` is right however many there are.
    longest_due = (
        select(_task.bucket, _task.profile, _task.needs_decoders, _task.next_attempt_at)
        .where(text(CLAIMABLE), _task.next_attempt_at <= func.now())
        .order_by(_task.next_attempt_at, _task.id)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    kind = (longest_due.c.bucket, longest_due.c.profile, longest_due.c.needs_decoders)
    due_since = func.extract("epoch", func.now() - func.min(longest_due.c.next_attempt_at)).label("due_since")
    due = connection.execute(
        select(*kind, func.count().label("tasks"), due_since).group_by(*kind).order_by(func.count().desc())
    ).all()
    # Whether there is work for a schedule is not asked for here.
    control = read_control(connection, bucket="", given_up_after=0.0)
    paused_profiles = {pause.scope.profile for pause in control.pauses}
    return Figures(
        due=sum(row.tasks for row in due),
        # What is paused may wait.
        oldest_due=max((float(row.due_since) for row in due if row.profile not in paused_profiles), default=None),
        abandoned=abandoned,
        out_of_tries=out_of_tries,
        executors=living(connection, pauses=control.pauses),
        kinds=[
            Kind(
                bucket=row.bucket,
                profile=row.profile,
                tasks=row.tasks,
                needs_decoders=frozenset(row.needs_decoders or ()),
            )
            for row in due
        ],
        pauses=control.sentences,
    )


def living(connection: Connection, *, pauses: Collection[Pause]) -> list[Living]:
    """The executors that live, what each can work on, and whether one of these pauses holds it."""
    seen = [line for line in executors(connection, seen_within=timedelta(days=1)) if line.state in _ALIVE]
    reach = _reach(connection, executors=[line.executor_id for line in seen])
    return [
        Living(
            name=f"{line.host} (pid {line.pid})",
            shard_index=line.shard_index,
            shard_total=line.shard_total,
            slots=line.slots,
            busy=line.busy,
            paused_for=line.paused_for,
            confined=line.confined,
            shard_is_auto=line.shard_is_auto,
            age=(line.last_seen + line.heartbeat_at - line.started_at).total_seconds(),
            seen_ago=line.last_seen.total_seconds(),
            is_leaving=line.state == "draining",
            id=str(line.executor_id),
            is_paused=_is_paused(line, pauses=pauses, profiles=reach.get(line.executor_id, {}).get("profiles", ())),
            **reach.get(line.executor_id, {}),
        )
        for line in seen
    ]


def _is_paused(line: ExecutorLine, *, pauses: Collection[Pause], profiles: Collection[str]) -> bool:
    return pause_of_executor(pauses, executor_id=line.executor_id, profiles=profiles) is not None


def _count(connection: Connection, tasks: Select[Any]) -> int:
    """How many there are, or one more than are counted."""
    return int(connection.scalar(select(func.count()).select_from(tasks.limit(MOST_COUNTED + 1).subquery())) or 0)


def _reach(connection: Connection, *, executors: Collection[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """By executor, the fields of `Living` that say what it can work on; executors that do not say so are left out."""
    rows = connection.execute(
        select(_executor.id, _executor.bucket, _executor.profiles, _executor.lacking_decoders).where(
            _executor.id.in_(executors), _executor.profiles.is_not(None)
        )
    )
    return {
        row.id: {
            "bucket": row.bucket,
            "profiles": frozenset(row.profiles),
            "lacking_decoders": frozenset(row.lacking_decoders or ()),
        }
        for row in rows
    }
