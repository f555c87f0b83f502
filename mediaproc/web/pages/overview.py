"""The overview: is the site well, what needs a person, how long is the queue, what is done and what fails."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from mediaproc.core.access import Access
from mediaproc.core.selection import Selection
from mediaproc.db.views import tasks
from mediaproc.db.views.message_sentences import message_sentences
from mediaproc.db.views.overview import Overview, read_overview
from mediaproc.db.views.tasks import Count
from mediaproc.web.auth import Reader
from mediaproc.web.page import Page, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import seen

router = APIRouter(include_in_schema=False)

# What a tenant is told of its own tasks, by the words that list them.
_OF_A_TENANT: Mapping[str, str] = {
    "pending": "status:pending",
    "processing": "status:processing",
    "failed": "status:failed",
    "rejected": "status:rejected",
    "completed": "status:completed newer:1d",
}


@router.get("/", response_model=None)
def overview(site: TheSite, page: ThePage, access: Reader) -> Response:
    """The site for whoever runs it; for who is bound to a tenant, its own tasks."""
    if access.tenant is not None:
        return _of_tenant(site, page, access)
    with site.read() as connection:
        whole = read_overview(connection)
    return page.show(
        "overview.html",
        access=access,
        site=whole,
        slots=sum(line.slots for line in whole.living),
        sentences=[*whole.reasons, *message_sentences(whole.alarms, whole.webhooks)],
        counts=_counts(whole),
        command="mediaproc status",
    )


def _counts(whole: Overview) -> Mapping[str, Count]:
    """How many tasks wait for what; `exhausted` and `rejected` wait for a person."""
    parts = {
        "waiting": [line for line in whole.backlog if line.waits_for in {"a free slot", "its backoff"}],
        "exhausted": [line for line in whole.backlog if line.waits_for == "a person" and line.status == "failed"],
        "rejected": [line for line in whole.backlog if line.waits_for == "a person" and line.status == "rejected"],
    }
    return {
        name: Count(tasks=sum(line.tasks for line in lines), more=any(line.more for line in lines))
        for name, lines in parts.items()
    }


def _of_tenant(site: Site, page: Page, access: Access) -> Response:
    counts = {}
    with site.read() as connection:
        for name, words in _OF_A_TENANT.items():
            selection = seen(Selection.parse(words), access=access)
            counts[name] = (words, tasks.count(connection, selection=selection))
    return page.show("overview_of_tenant.html", access=access, counts=counts, command="mediaproc tasks list")
