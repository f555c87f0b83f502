"""One page of the list of tasks, as programs and people get it."""

from dataclasses import dataclass

from mediaproc.core.access import Access
from mediaproc.core.selection import Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.cursor import cursor_at, place_of
from mediaproc.web.site import Site
from mediaproc.web.tenant_bounds import seen


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """Tasks, the newest first; `next` is the cursor of the page behind, null on the last."""

    items: list[TaskLine]
    next: str | None


def task_page(
    site: Site,
    asked: Selection,
    *,
    access: Access,
    with_history: bool,
    limit: int,
    cursor: str | None,
    before: Cursor | None = None,
) -> TaskPage:
    """The tasks of the selection that the caller may see: behind the cursor, else those before that place.

    Raises:
        Problem: the selection asks for another tenant's, or the cursor is of another list.
    """
    selection = seen(asked, access=access)
    this_list = f"tasks {selection} tenant={access.tenant} all={with_history} before={before}"
    after = Cursor.parse(place_of(cursor, of=this_list, key=site.key)) if cursor else before
    with site.read() as connection:
        found = tasks.tasks(connection, selection=selection, with_history=with_history, limit=limit + 1, after=after)
    lines = found[:limit]
    if len(found) == len(lines):
        return TaskPage(items=lines, next=None)
    last = Cursor(created_at=lines[-1].created_at, id=lines[-1].id)
    return TaskPage(items=lines, next=cursor_at(str(last), of=this_list, key=site.key))
