"""The audit: who did what to how many, and when."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.db.views.audit import audit_lines
from mediaproc.web.api import API
from mediaproc.web.cursor import keyset_page
from mediaproc.web.page import ThePage
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteReader

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 50
# The first words of acts, each of which is all that begin with it.
_KINDS = (
    "retry", "cancel", "reject", "priority", "complete", "share", "files", "pause", "resume", "schedule", "webhook",
    "token", "log",
)  # fmt: skip


@router.get("/audit", response_model=None)
def list_audit(
    site: TheSite,
    page: ThePage,
    access: SiteReader,
    actor: Annotated[str, Query(max_length=500)] = "",
    act: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The latest first; of one actor and of one kind of act where they are named."""
    who, what = actor.strip() or None, act.strip() or None
    with site.read() as connection:
        found = keyset_page(
            lambda before, most: audit_lines(connection, limit=most, actor=who, act=what, before=before),
            of=f"audit page {who!r} {what!r}", key=site.key, limit=_ON_A_PAGE, cursor=cursor,
        )  # fmt: skip
    chosen = {name: value for name, value in (("actor", who), ("act", what)) if value}
    first = f"/audit?{urlencode(chosen)}" if chosen else "/audit"
    return page.show(
        "audit.html",
        access=access,
        lines=found.items,
        actor=who or "",
        act=what or "",
        chosen=chosen,
        kinds=_KINDS if what is None or what in _KINDS else (*_KINDS, what),
        next=f"/audit?{urlencode(chosen | {'cursor': found.next})}" if found.next else None,
        first=first if cursor else None,
        command=f"curl -H \"Authorization: Bearer $TOKEN\" '{page.origin}{site.url(API + first)}'",
    )
