"""Write the verdict, fenced by the claim token: a zombie's statement changes no row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Interval,
    Select,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from mediaproc.core.lifecycle import FAIL_LIMIT, AttemptOutcome, Event, Status, Verdict
from mediaproc.core.message import MOST_NOTES, MessageType
from mediaproc.core.notes import Note
from mediaproc.core.notes.record import count_of, record_of, recorded
from mediaproc.core.task import Rendition, Report
from mediaproc.db.notifications import notify_due
from mediaproc.db.outbox import TASK_COLUMNS, tell_of_end, tell_of_task
from mediaproc.db.schema import media_files, media_process, media_process_attempt, media_process_history
from mediaproc.db.tasks.unclaimed import UNCLAIMED

_task = media_process.c
_attempt = media_process_attempt.c
_history = media_process_history.c

# The outcome in an attempt's row, by the event that ended the attempt.
ATTEMPT_OUTCOME = MappingProxyType(
    {
        Event.FAIL: AttemptOutcome.FAILED,
        Event.REJECT: AttemptOutcome.REJECTED,
        Event.RELEASE: AttemptOutcome.RELEASED,
        Event.LOSE: AttemptOutcome.LOST,
    }
)

# The columns that history takes over from the task unchanged.
_CARRIED = (
    "id", "file_id", "profile", "filename", "tenant", "bucket", "object_key", "priority", "fail_count", "attempt",
    "claim_token", "claimed_by", "claimed_at", "created_at", "request_key",
)  # fmt: skip


# The columns of history that tell of the rendition, and those of the attempt's row that tell of its work.
_PRODUCED = (
    "decision", "flags", "verification", "salvaged_ratio", "output_bucket", "output_key", "output_size",
    "output_sha256", "duration", "width", "height", "video_codec", "audio_codec", "stage_seconds", "notes",
    "child_id",
)  # fmt: skip
_REPORTED = ("log_tail", "stage_seconds", "cpu_seconds")

# Before the names of values, which SQLAlchemy keeps apart from columns; of those in the attempt's row; and of those
# that only a message tells.
_TOLD, _OF_ATTEMPT, _IN_MESSAGE = "told_", "attempt_", "message_"


def settle_completed(
    connection: Connection,
    *,
    task_id: int,
    claim_token: UUID,
    rendition: Rendition,
    report: Report,
    child_id: int | None = None,
) -> bool:
    """Move the task to history with its rendition, in one statement; returns whether the claim was still held.

    `child_id` is the task that goes on with what this one brought.

    The DELETE's token predicate decides: every other part of the statement works on the row that the DELETE returns,
    also those that tell webhooks of it. The row of history tells whether one was written, since the driver's row count
    is -1 for such a statement.
    """
    told = {**_produced(rendition, report=report), "child_id": child_id}
    values = _values(told, task_id=task_id, claim_token=claim_token, report=report) | _of_notes(rendition.notes)
    return connection.scalars(_completion(is_film=rendition.is_film), values).first() is not None


def _of_notes(notes: Sequence[Note]) -> dict[str, object]:
    """What a message tells of them."""
    told = [recorded(note) for note in notes]
    first = [asdict(note) for note in told[:MOST_NOTES]]
    return {_IN_MESSAGE + "notes": first, _IN_MESSAGE + "notes_count": count_of(told)}


def _produced(rendition: Rendition, *, report: Report) -> dict[str, object]:
    """What history keeps of the rendition, by column."""
    return {
        "decision": rendition.decision,
        "flags": list(rendition.flags),
        "verification": rendition.verification,
        "salvaged_ratio": rendition.salvaged_ratio,
        "output_bucket": rendition.bucket,
        "output_key": rendition.key,
        "output_size": rendition.size,
        "output_sha256": rendition.sha256,
        "duration": rendition.duration,
        "width": rendition.width,
        "height": rendition.height,
        "video_codec": rendition.video_codec,
        "audio_codec": rendition.audio_codec,
        "stage_seconds": dict(report.stage_seconds),
        "notes": record_of(rendition.notes),
        "url": rendition.url,
    }


# SQLAlchemy takes longer to build these statements than to send them: each is built once, this one of a film and of
# anything else.
@cache
def _completion(*, is_film: bool) -> Select[tuple[int]]:
    settled = _removed()
    finished = _finish_attempt(settled).values(outcome=AttemptOutcome.COMPLETED, sweep_after=None).cte("won_attempt")
    named = (
        update(media_files)
        .where(media_files.c.id == settled.c.file_id)
        .values(url=_told(media_files.c.url) if is_film else media_files.c.url, updated_at=func.now())
        .returning(media_files.c.size)
        .cte("named_file")
    )
    produced = {
        "outcome": literal(Status.COMPLETED, _history.outcome.type),
        **{name: _told(_history[name]) for name in _PRODUCED},
        "cpu_seconds": _cpu_of_earlier_attempts(settled) + _told_of_attempt("cpu_seconds"),
        "bytes_in": select(named.c.size).scalar_subquery(),
        "bytes_out": _told(_history.output_size),
    }
    history = (
        insert(media_process_history)
        .from_select(
            [*_CARRIED, *produced],
            select(*(settled.c[name] for name in _CARRIED), *produced.values()),
        )
        .returning(*_history)
        .cte("history")
    )
    notes = {
        # Unlike JSONB it keeps the order of the words.
        "notes": bindparam(_IN_MESSAGE + "notes", type_=JSON),
        "notes_count": bindparam(_IN_MESSAGE + "notes_count", type_=Integer),
    }
    told = tell_of_end(history, type_=MessageType.COMPLETED, notes=notes)
    return select(history.c.id).add_cte(finished, named, told)


def _cpu_of_earlier_attempts(settled: CTE) -> ColumnElement[float]:
    """What the task's other attempts used; the statement sees nothing yet of what it writes for this one."""
    spent = select(func.sum(_attempt.cpu_seconds)).where(_attempt.task_id == settled.c.id)
    return func.coalesce(spent.correlate(settled).scalar_subquery(), 0.0)


def _told(column: ColumnElement[Any], *, name: str | None = None) -> BindParameter[Any]:
    """The place of a value that comes with each execution."""
    return bindparam(_TOLD + (name or column.key or ""), type_=column.type)


def settle_setback(
    connection: Connection, *, task_id: int, claim_token: UUID, verdict: Verdict, report: Report
) -> bool:
    """Write the verdict on an attempt without a rendition; returns whether the claim was still held."""
    told = {
        "delay": timedelta(seconds=verdict.delay),
        "error_class": str(verdict.error_class),
        "error": verdict.error,
        "needs_decoders": list(verdict.needs_decoders) or None,
    }
    statement = _setback(
        event=verdict.event,
        status=verdict.status,
        is_strike=verdict.strike,
        stays_as_it_was=verdict.stays_as_it_was,
        is_due_at_once=verdict.event is Event.RELEASE and verdict.delay == 0,
    )
    values = _values(told, task_id=task_id, claim_token=claim_token, report=report)
    return connection.execute(statement, values).first() is not None


# Built once for each kind of verdict, as above.
@cache
def _setback(
    *, event: Event, status: Status, is_strike: bool, stays_as_it_was: bool, is_due_at_once: bool
) -> Select[Any]:
    changed = {
        "next_attempt_at": func.now() + bindparam(_TOLD + "delay", type_=Interval),
        "error_class": _told(_task.error_class),
        "error": _told(_task.error),
    }
    settled = (
        update(media_process)
        .where(*_holds_claim())
        .values(
            **UNCLAIMED,
            **({} if stays_as_it_was else changed),
            status=str(status),
            fail_count=_task.fail_count + int(is_strike),
            needs_decoders=func.coalesce(_told(_task.needs_decoders), _task.needs_decoders),
        )
        # The row that RETURNING shows has lost its token already.
        .returning(*(_task[name] for name in TASK_COLUMNS), _told(_attempt.claim_token).label("claim_token"))
        .cte("settled_task")
    )
    finished = (
        _finish_attempt(settled)
        .values(outcome=ATTEMPT_OUTCOME[event], error_class=_told(_attempt.error_class), error=_told(_attempt.error))
        .cte("finished_attempt")
    )
    found = select(settled.c.id)
    if is_due_at_once:
        # An idle executor should not wait for its tick.
        found = found.add_columns(notify_due(settled.c.id))
    return found.add_cte(finished, *_told_of(settled, status=status, is_strike=is_strike))


def _told_of(settled: CTE, *, status: Status, is_strike: bool) -> Iterator[CTE]:
    """The messages that the task now waits for a person, if it does."""
    if status is Status.REJECTED:
        yield tell_of_task(settled, type_=MessageType.REJECTED)
    elif is_strike:
        yield tell_of_task(settled, type_=MessageType.EXHAUSTED, where=settled.c.fail_count >= FAIL_LIMIT)


def _removed() -> CTE:
    return delete(media_process).where(*_holds_claim()).returning(*media_process.c).cte("settled_task")


def _holds_claim() -> tuple[ColumnElement[bool], ...]:
    """Whether it is the task, and still held by the claim of that token."""
    return _task.id == _told(_task.id, name="task_id"), _task.claim_token == _told(_task.claim_token)


def _values(told: Mapping[str, object], *, task_id: int, claim_token: UUID, report: Report) -> dict[str, object]:
    """For the parameters of a statement that settles: what is told of the task, and what its attempt's row keeps."""
    reported = {
        "log_tail": report.log_tail or None,
        "stage_seconds": dict(report.stage_seconds),
        "cpu_seconds": report.cpu_seconds,
    }
    of_attempt = {_OF_ATTEMPT + name: reported[name] for name in _REPORTED}
    named = {"task_id": task_id, "claim_token": claim_token, **told, **of_attempt}
    return {_TOLD + name: value for name, value in named.items()}


def _finish_attempt(settled: CTE) -> Update:
    return (
        update(media_process_attempt)
        .where(_attempt.claim_token == settled.c.claim_token)
        .values(finished_at=func.now(), **{name: _told_of_attempt(name) for name in _REPORTED})
    )


def _told_of_attempt(name: str) -> BindParameter[Any]:
    return _told(_attempt[name], name=_OF_ATTEMPT + name)
