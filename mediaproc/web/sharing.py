"""A link to one task for its uploader, made for a caller who may."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from mediaproc.acts.share_links import share
from mediaproc.core.access import Access
from mediaproc.web.site import Site, origin_of, site_of
from mediaproc.web.tenant_bounds import require_own, task_seen


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The link, which needs no login, and when it is over."""

    url: str
    expires_at: datetime


def share_task(request: Request, task_id: int, *, access: Access, life: float | None = None) -> Shared:
    """A link to the task, under the name by which the server was asked.

    Raises:
        Problem: the task is not there, or is another tenant's.
        WrongUse: the life is none that is taken.
    """
    site = site_of(request)
    with site.read() as connection:
        require_own(task_seen(connection, task_id, access=access), access=access)
    link = share(site.parts.database, task_id=task_id, life=life, actor=access.actor)
    return Shared(
        url=f"{origin_of(request)}{share_path(site, link.signed(key=site.key))}",
        expires_at=datetime.fromtimestamp(link.expires_at, tz=UTC),
    )


def share_path(site: Site, signed: str) -> str:
    """Where the link leads, on this server."""
    return site.url(f"/share/{signed}")
