"""The site at a glance: what `mediaproc status --json` prints, and the queue of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from mediaproc.db.views import ops
from mediaproc.db.views.ops import BacklogLine
from mediaproc.db.views.site_status import SiteStatus, read_status
from mediaproc.web.answers import answer, responses
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteReader

router = APIRouter(tags=["site"], route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is not done yet, by status, profile and what it waits for."""

    items: Sequence[BacklogLine]


@router.get("/stats", responses=responses(SiteStatus), response_model=None)
def show_status(site: TheSite, _access: SiteReader) -> Response:
    """Is it healthy, how long is the queue, who works on what: the object of `mediaproc status --json`."""
    with site.read() as connection:
        return answer(read_status(connection))


@router.get("/backlog", responses=responses(Backlog), response_model=None)
def show_backlog(site: TheSite, _access: SiteReader) -> Response:
    """What waits, for what, and since when; of what waits for one thing no more are counted than 10,000."""
    with site.read() as connection:
        return answer(Backlog(items=ops.backlog(connection)))
