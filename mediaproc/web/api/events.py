"""Events: what changes of tasks, counts and executors, as it changes."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from mediaproc.core.errors import WrongUse
from mediaproc.core.selection import LARGEST_ID
from mediaproc.web.answers import responses
from mediaproc.web.auth import Reader
from mediaproc.web.live.event_stream import EventStream, as_json
from mediaproc.web.live.opening import first_page, open_stream, require_visible
from mediaproc.web.live.streams import Shown
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite

router = APIRouter(tags=["events"])

_TOLD = responses(
    description="Server-sent events. `task`, `counts`, `executor` and `newer` tell a state, at first of all that is"
    " asked for and then of what changes; `away`: the database is out of reach; `reset`: forget what you know, all of"
    " it follows. The stream ends after 5 minutes: go on with `Last-Event-ID`.",
    problems=[ProblemKind.NOT_FOUND],
)
_TOLD[200]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get("/events", responses=_TOLD, response_model=None)
def events(
    *,
    site: TheSite,
    access: Reader,
    task: Annotated[
        list[Annotated[int, Query(ge=1, le=LARGEST_ID)]] | None,
        Query(max_length=200, description="The ids of tasks."),
    ] = None,
    q: Annotated[str, Query(max_length=2000, description="A selection: its first page, and how many are newer.")] = "",
    counts: Annotated[bool, Query(description="How many tasks wait for what.")] = False,
    executors: Annotated[bool, Query(description="The executors and what they work on.")] = False,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="`id` of the last event that came.")
    ] = None,
) -> Response:
    """What changes, as it changes: tasks by their ids or of a selection, the counts, the executors."""
    if not (task or q or counts or executors):
        raise WrongUse("Name what is to be told of: task=ID, q=SELECTION, counts=true or executors=true.")
    tasks, newer = first_page(site, access, words=q) if q else (frozenset[int](), None)
    tasks |= require_visible(site, access, ids=task or ())
    shown = Shown(tasks=tasks, counts=counts, executors=executors, newer=newer)
    stream = open_stream(site, access, shown=shown, last_event_id=last_event_id)
    return EventStream(stream, hub=site.hub, form=as_json, form_name="json", log=site.log)
