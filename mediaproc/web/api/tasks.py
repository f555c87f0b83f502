"""Tasks: the list."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.answers import answer, responses
from mediaproc.web.auth import Reader
from mediaproc.web.cursor import cursor_at, place_of
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.site import TheSite

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """Tasks, the newest first; `next` is the cursor of the page behind, null on the last."""

    items: list[TaskLine]
    next: str | None


@router.get("/tasks", responses=responses(TaskPage), response_model=None)
def list_tasks(
    site: TheSite,
    _access: Reader,
    q: Annotated[str, Query(max_length=2000, description="A selection, such as `status:failed older:2h`.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The tasks of a selection, the newest first; finished ones too where the selection asks for them."""
    selection = Selection.parse(q) if q else EVERYTHING
    after = Cursor.parse(place_of(cursor, of=str(selection), key=site.key)) if cursor else None
    with site.parts.database.read() as connection:
        found = tasks.tasks(connection, selection=selection, limit=limit + 1, after=after)
    page = found[:limit]
    more = len(found) > limit
    last = str(Cursor(created_at=page[-1].created_at, id=page[-1].id)) if more else None
    return answer(TaskPage(items=page, next=cursor_at(last, of=str(selection), key=site.key) if last else None))
