"""Opens a stream for whoever may see what it shows."""

from collections.abc import Collection, Mapping

from mediaproc.acts.task_answers import no_such_task
from mediaproc.core.access import Access
from mediaproc.core.selection import Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.live.streams import MOST_FOR_ONE, NOTHING, Newer, Refusal, Shown, Stream
from mediaproc.web.problems import Problem, ProblemKind, not_found
from mediaproc.web.site import Site
from mediaproc.web.tenant_bounds import seen

# Tasks of a selection, as a list shows them.
PAGE = 50
_LATER = {"Retry-After": "10"}


def open_stream(site: Site, access: Access, *, shown: Shown, last_event_id: str | None) -> Stream:
    """A stream of this, from behind that event on; the caller sends it, or closes it.

    Raises:
        Problem: the site's figures are not for one tenant; or there are too many streams already.
    """
    if access.tenant is not None and (shown.counts or shown.executors):
        raise Problem(
            ProblemKind.FORBIDDEN,
            "Counts and executors are the whole site's, and this login only sees what is its own tenant's.",
        )
    sent = site.hub.number_of(last_event_id)
    stream = Stream(access=access, shown=shown, sent=sent, known_as=_of_others(site, access, ids=shown.tasks))
    match site.hub.open(stream):
        case Refusal.SERVER_IS_FULL:
            raise Problem(
                ProblemKind.UNAVAILABLE,
                "This server tells as many of changes as it can: try again later, or ask for the tasks themselves.",
                headers=_LATER,
            )
        case Refusal.READER_HAS_MOST:
            raise Problem(
                ProblemKind.TOO_MANY_REQUESTS,
                f"You have {MOST_FOR_ONE} streams of events open, which is the most: close one of them first.",
                headers=_LATER,
            )
        case None:
            return stream


def _of_others(site: Site, access: Access, *, ids: Collection[int]) -> Mapping[int, TaskLine]:
    """Those of the tasks that are another tenant's than the caller's, as it may know them."""
    if access.tenant is None or not ids:
        return NOTHING
    with site.read() as connection:
        found = tasks.tasks(connection, selection=seen(Selection(ids=tuple(ids)), access=access))
    return {line.id: line for line in found if line.tenant != access.tenant}


def visible(site: Site, access: Access, *, ids: Collection[int]) -> frozenset[int]:
    """Those of these tasks that are there, and that the caller may see."""
    if not ids:
        return frozenset()
    with site.read() as connection:
        found = tasks.tasks(connection, selection=seen(Selection(ids=tuple(ids)), access=access))
    return frozenset(line.id for line in found)


def require_visible(site: Site, access: Access, *, ids: Collection[int]) -> frozenset[int]:
    """These tasks.

    Raises:
        Problem: one is not there, or is another tenant's.
    """
    there = visible(site, access, ids=ids)
    missing = sorted(set(ids) - there)
    if missing:
        raise not_found(no_such_task(missing[0]))
    return there


def first_page(site: Site, access: Access, *, words: str) -> tuple[frozenset[int], Newer | None]:
    """The first page of the selection, and the list that may come to miss some.

    Raises:
        Problem, WrongUse: it is no selection, or another tenant's.
    """
    selection = seen(Selection.parse(words), access=access)
    with site.read() as connection:
        page = tasks.tasks(connection, selection=selection, limit=PAGE)
    shown = frozenset(line.id for line in page)
    if selection.ids or not page:
        return shown, None
    return shown, Newer(selection=selection, than=Cursor(created_at=page[0].created_at, id=page[0].id))
