"""What a page shows, sent anew as it changes: rows as the list has them, and word of what else has changed."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from mediaproc.core.access import Access
from mediaproc.core.selection import EVERYTHING, LARGEST_ID, Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views.tasks import TaskLine
from mediaproc.json_form import json_text
from mediaproc.web.auth import Reader
from mediaproc.web.live.board import Entry, Kind
from mediaproc.web.live.event_stream import EventStream, as_json
from mediaproc.web.live.opening import open_stream, visible
from mediaproc.web.live.streams import Newer, Shown
from mediaproc.web.page import ThePage
from mediaproc.web.preferences import Language
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import seen

router = APIRouter(include_in_schema=False)


@router.get("/live", response_model=None)
def live(  # noqa: PLR0913 - as many as there are kinds of things on pages
    site: TheSite,
    page: ThePage,
    access: Reader,
    *,
    task: Annotated[list[Annotated[int, Query(ge=1, le=LARGEST_ID)]] | None, Query(max_length=200)] = None,
    q: Annotated[str, Query(max_length=2000)] = "",
    newest: Annotated[str, Query(max_length=100)] = "",
    all_: Annotated[bool, Query(alias="all")] = False,
    counts: bool = False,
    executors: bool = False,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """What changes of a page; tasks that have gone since it was made are passed over."""
    is_site = access.tenant is None
    shown = Shown(
        tasks=visible(site, access, ids=task or ()),
        counts=counts and is_site,
        executors=executors and is_site,
        newer=_list(access, words=q, newest=newest, with_history=all_) if newest else None,
    )
    stream = open_stream(site, access, shown=shown, last_event_id=last_event_id)
    form_name = f"page-{page.language}"
    return EventStream(stream, hub=site.hub, form=_form(site, page.language), form_name=form_name, log=site.log)


def _list(access: Access, *, words: str, newest: str, with_history: bool) -> Newer:
    selection = Selection.parse(words) if words.strip() else EVERYTHING
    return Newer(selection=seen(selection, access=access), than=Cursor.parse(newest), with_history=with_history)


def _form(site: Site, language: Language) -> Callable[[Entry], str]:
    def written(entry: Entry) -> str:
        match entry.key.kind:
            case Kind.TASK if isinstance(line := entry.state, TaskLine):
                html = site.renderer.part("_live_row.html", language=language, line=line)
                return json_text({"id": line.id, "state": f"{line.status} {line.attempt}", "html": html})
            case Kind.NEWER:
                return as_json(entry)
        # That it changed is enough: the page asks for itself.
        return "{}"

    return written
