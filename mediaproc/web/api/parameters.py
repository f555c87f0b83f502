"""Parameters that several routes take, each with its bounds."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import BeforeValidator, StringConstraints

from mediaproc.core.selection import EVERYTHING, LARGEST_ID, Selection
from mediaproc.core.selection_text import written_values
from mediaproc.db.selection import Cursor

_LONGEST = 200
_MOST = 50
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# The number of a task, or of another row.
RowId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Its number.")]
# The id of an upload; one that has another form is not there.
UploadId = Annotated[str, Path(max_length=200, description="As `Location` ends, which named it.")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many on a page.")]
CursorText = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
Word = Annotated[str, StringConstraints(max_length=_LONGEST)]
Words = Annotated[
    list[Word], Query(max_length=_MOST, description="As in a selection; one of several values must hold.")
]


def _asked(  # noqa: PLR0913 - as many as a selection has words
    *,
    q: Annotated[str, Query(max_length=2000, description="A selection, such as `status:failed older:2h`.")] = "",
    status: Words = [],  # noqa: B006 - FastAPI copies it
    class_: Annotated[
        list[Word], Query(alias="class", max_length=_MOST, description="A class of errors, such as `stalled`.")
    ] = [],  # noqa: B006
    profile: Words = [],  # noqa: B006
    shard: Words = [],  # noqa: B006
    executor: Words = [],  # noqa: B006
    tenant: Words = [],  # noqa: B006
    name: Annotated[str | None, Query(max_length=_LONGEST, description="A part of the file's name.")] = None,
    file: Words = [],  # noqa: B006
) -> Selection:
    """The selection of all these parameters together; one that is given several times holds for any of its values."""
    given = {
        "status": status,
        "class": class_,
        "profile": profile,
        "shard": shard,
        "executor": executor,
        "tenant": tenant,
        "name": [] if name is None else [name],
        "file": file,
    }
    words = [f"{word}:{written_values(values)}" for word, values in given.items() if values]
    return Selection.parse(" ".join([q, *words])) if q or words else EVERYTHING


AskedSelection = Annotated[Selection, Depends(_asked)]


def _as_a_time(written: object) -> object:
    """Passes for what begins with a day: a mere number would be read as seconds since 1970.

    Raises:
        ValueError: it does not.
    """
    if isinstance(written, str) and not _DAY.match(written):
        raise ValueError("it must be a time such as 2030-01-31T18:00Z")
    return written


def _before(
    before: Annotated[
        datetime | None, BeforeValidator(_as_a_time), Query(description="Only what was enqueued before this time.")
    ] = None,
) -> Cursor | None:
    """The place in the list where tasks of before that time begin."""
    if before is None:
        return None
    return Cursor(created_at=before.replace(tzinfo=UTC) if before.tzinfo is None else before, id=1)


Before = Annotated[Cursor | None, Depends(_before)]
