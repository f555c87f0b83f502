"""The audit: who did what to how many tasks, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.db.views.audit import AuditLine, audit_lines
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.parameters import CursorText, Limit
from mediaproc.web.cursor import keyset_page
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteReader

router = APIRouter(tags=["site"], route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Acts, the latest first; `next` is the cursor of the page behind, null on the last."""

    items: Sequence[AuditLine]
    next: str | None


@router.get("/audit", responses=responses(Audit), response_model=None)
def list_audit(
    site: TheSite,
    _access: SiteReader,
    actor: Annotated[str | None, Query(max_length=500, description="Only of this one.")] = None,
    act: Annotated[str | None, Query(max_length=200, description="Only of these, such as `retry` or `token`.")] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Response:
    """What persons and programs did, each with how many it really changed."""
    with site.read() as connection:
        page = keyset_page(
            lambda before, most: audit_lines(connection, limit=most, actor=actor, act=act, before=before),
            of=f"audit {actor!r} {act!r}", key=site.key, limit=limit, cursor=cursor,
        )  # fmt: skip
    return answer(Audit(items=page.items, next=page.next))
