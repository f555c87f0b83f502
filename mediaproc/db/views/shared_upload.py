"""A task as its uploader may see it: no word of who works on it, or that was meant for those who run the site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mediaproc.core.notes import RecordedNote
from mediaproc.core.uploader_state import UploaderState, uploader_state
from mediaproc.db.tasks.selected_tasks import beginning
from mediaproc.db.views.attempts import Ending, endings_of
from mediaproc.db.views.files import KeptObject
from mediaproc.db.views.ops import working_on
from mediaproc.db.views.place_in_line import Place, place_in_line
from mediaproc.db.views.tasks import tasks_named


@dataclass(frozen=True, kw_only=True)
class PlaceInLine:
    """How many uploads are before it, at least so many where there are `more`; `is_paused`: nobody takes it now."""

    before: int
    more: bool
    is_paused: bool


@dataclass(frozen=True, kw_only=True)
class SharedUpload:
    """What became of an upload; `ready_in` is when it is likely ready, where that is known."""

    filename: str
    profile: str
    state: UploaderState
    error_class: str | None
    progress: float | None
    place: PlaceInLine | None
    ready_in: timedelta | None
    rendition: KeptObject | None
    # What of a project is not drawn exactly.
    notes: Sequence[RecordedNote]


def shared_upload(connection: Connection, *, task_id: int, until: datetime) -> SharedUpload | None:
    """The task, wherever it is; None where it is not there any more, or the time is over."""
    found = tasks_named(connection, ids=[task_id])
    if not found or beginning(connection) >= until:
        return None
    (line,) = found
    state = uploader_state(line.status, fail_count=line.fail_count)
    place = place_in_line(connection, task_id=task_id)
    ready_in = place.ready_in if place else None
    if state is UploaderState.WORKING:
        ready_in = next((each.ready_in for each in working_on(connection, task_id=task_id)), None)
    ending = endings_of(connection, ids=[task_id]).get(task_id)
    return SharedUpload(
        filename=line.filename,
        profile=line.profile,
        state=state,
        error_class=line.error_class,
        progress=line.progress,
        place=_shown(place) if place else None,
        ready_in=ready_in,
        rendition=_rendition(ending),
        notes=ending.notes if ending else (),
    )


def _shown(place: Place) -> PlaceInLine:
    return PlaceInLine(before=place.before, more=place.more, is_paused=place.paused is not None)


def _rendition(ending: Ending | None) -> KeptObject | None:
    if ending is None or ending.output_bucket is None or ending.output_key is None:
        return None
    return KeptObject(bucket=ending.output_bucket, key=ending.output_key)
