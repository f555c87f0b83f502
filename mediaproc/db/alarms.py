"""The alarms: each is told once when its cause begins, by the statement that notes it, and again only after its end.

Any number of executors may look at the same time: the first one's row is the alarm, and the others find it there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    any_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql

from mediaproc.core.message import MessageType
from mediaproc.db.notifications import notify_message
from mediaproc.db.outbox import asks_for, body
from mediaproc.db.schema import media_alarm, media_delivery, media_executor, media_process, media_webhook
from mediaproc.db.schema.conditions import CLAIMABLE, EXHAUSTED, WAITS_FOR_A_PERSON

_alarm = media_alarm.c
_executor = media_executor.c
_task = media_process.c
_webhook = media_webhook.c

# Tasks that one look reads at most: the oldest that are due, the latest that wait for a person.
_MOST_READ = 10_000


@dataclass(frozen=True, kw_only=True)
class AlarmLine:
    """An alarm that is on, and what was told when it began."""

    type: str
    since: datetime
    sentence: str


def alarms(connection: Connection) -> list[AlarmLine]:
    """Those that are on, the longest first."""
    found = select(_alarm.type, _alarm.since, _alarm.sentence).order_by(_alarm.since)
    return [AlarmLine(**row) for row in connection.execute(found).mappings()]


def watch_backlog(connection: Connection, *, older_than: float) -> str | None:
    """The sentence of the alarm that a task has been due for so many seconds, if it has begun by this statement."""
    due = _overdue(older_than).limit(1).subquery()
    said = func.concat("Task ", due.c.id, " has been due for ", _age(due), " s: the backlog grows old.")
    return _keep(connection, MessageType.BACKLOG_AGE, cause=select(said.label("sentence")))


def watch_exhausted(connection: Connection, *, at_least: int) -> str | None:
    """The same of so many tasks with three strikes that wait for a person."""
    latest = (
        select(case((text(EXHAUSTED), 1)).label("one"))
        .select_from(media_process)
        .where(text(WAITS_FOR_A_PERSON))
        .order_by(_task.updated_at.desc())
        .limit(_MOST_READ)
        .subquery()
    )
    count = select(func.count(latest.c.one).label("count")).subquery()
    said = func.concat("Tasks that failed three times and wait for a person: ", count.c.count, ".")
    cause = select(said.label("sentence")).where(count.c.count >= at_least)
    return _keep(connection, MessageType.TASKS_EXHAUSTED, cause=cause)


def watch_executors(connection: Connection, *, older_than: float) -> str | None:
    """The same of a task that has been due for so many seconds while no living executor can do it."""
    due = _overdue(older_than).limit(_MOST_READ).subquery()
    living = _executor.heartbeat_at > func.now() - _executor.lease * text("interval '1 second'")
    reaches = and_(
        or_(_executor.bucket.is_(None), _executor.bucket == due.c.bucket),
        or_(_executor.profiles.is_(None), due.c.profile == any_(_executor.profiles)),
        not_(func.coalesce(_executor.lacking_decoders.overlap(due.c.needs_decoders), False)),
    )
    able = exists(
        select(1).where(living, _executor.state.in_(["running", "paused"]), not_(_executor.confined), reaches)
    )
    left = select(due).where(not_(able)).order_by(due.c.next_attempt_at).limit(1).subquery()
    said = func.concat(
        *("Task ", left.c.id, " has been due for ", _age(left), " s, and no living executor can do it (profile "),
        *(left.c.profile, ", bucket ", left.c.bucket, ")."),
    )
    return _keep(connection, MessageType.NO_EXECUTOR, cause=select(said.label("sentence")))


def end_alarm(connection: Connection, *, type_: MessageType) -> None:
    """Nobody looks for it any more."""
    connection.execute(delete(media_alarm).where(_alarm.type == str(type_)))


def _overdue(older_than: float) -> Select[Any]:
    return (
        select(_task.id, _task.bucket, _task.profile, _task.needs_decoders, _task.next_attempt_at)
        .where(text(CLAIMABLE), _task.next_attempt_at < func.now() - timedelta(seconds=older_than))
        .order_by(_task.next_attempt_at)
    )


def _age(due: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a subquery with its columns
    return func.floor(func.extract("epoch", func.now() - due.c.next_attempt_at))


def _keep(connection: Connection, type_: MessageType, *, cause: Select[Any]) -> str | None:
    """Begin the alarm if there is its cause and it is not on, tell webhooks of it; end it if there is no cause."""
    named = literal(str(type_), Text)
    found = cause.cte("cause")
    begun = (
        postgresql.insert(media_alarm)
        .from_select(["type", "sentence"], select(named, found.c.sentence))
        .on_conflict_do_nothing()
        .returning(_alarm.type, _alarm.sentence)
        .cte("begun")
    )
    over = delete(media_alarm).where(_alarm.type == named, not_(exists(select(found.c.sentence)))).cte("over")
    told = (
        insert(media_delivery)
        .from_select(
            ["webhook_id", "type", "body"],
            select(
                _webhook.id,
                begun.c.type,
                body(
                    type_=begun.c.type,
                    content=func.json_build_object(text("'sentence'::text"), begun.c.sentence),
                ),
            ).where(asks_for(begun.c.type), _webhook.tenant.is_(None)),
        )
        .returning(media_delivery.c.id, notify_message())
        .cte("told")
    )
    sentence: str | None = connection.scalar(select(begun.c.sentence).add_cte(over, told))
    return sentence
