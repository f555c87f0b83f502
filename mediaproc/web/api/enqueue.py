"""More tasks of what was uploaded before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from mediaproc.app import draft_hosts
from mediaproc.core.access import Access
from mediaproc.core.outbound_url import shown_url
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.core.profile import profile_names
from mediaproc.core.tenant import tenant_named
from mediaproc.db.tasks.insert import TaskOfFile
from mediaproc.enqueue.draft_urls import enqueue_draft_url
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.web.answers import answer, responses
from mediaproc.web.api import API
from mediaproc.web.api.bodies import ProfilesWanted, RequestBody, example
from mediaproc.web.auth import Uploader
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import Problem, ProblemKind, not_found
from mediaproc.web.site import Site, TheSite

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)


class EnqueueRequest(RequestBody):
    """The SHA-256 of a file that was uploaded, or the id of an upload that is enqueued, or where a draft lies."""

    model_config = example({"upload": "0123456789abcdef0123456789abcdef", "profile": "mp4,poster"})

    file: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    upload: Annotated[str | None, Field(pattern=r"^[0-9a-f]{32}$")] = None
    draft_url: Annotated[
        str | None, Field(max_length=2000, description="A draft of JianYing or CapCut that is brought from there.")
    ] = None
    profile: ProfilesWanted = ""
    priority: Annotated[int, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)] = 0
    tenant: Annotated[str, Field(max_length=1000)] = ""
    force: Annotated[bool, Field(description="Make a finished file's task anew.")] = False


@dataclass(frozen=True, kw_only=True)
class EnqueueResult:
    """As `mediaproc enqueue --json` prints it, and the task of each profile."""

    path: str
    status: str
    file: str | None
    task: int | None
    tasks: Sequence[TaskOfFile]
    error: str | None
    error_class: str | None


@router.post(
    "/tasks",
    status_code=201,
    responses=responses(
        EnqueueResult,
        status=201,
        description="New; 200 where the file has all of them already",
        problems=(ProblemKind.NOT_FOUND, ProblemKind.GONE, ProblemKind.CONFLICT),
    ),
    response_model=None,
)
def enqueue(wanted: EnqueueRequest, site: TheSite, access: Uploader) -> Response:
    """Have more made of a file; a task that is there already stays."""
    tenant = tenant_named(wanted.tenant) if access.tenant is None else access.tenant
    if wanted.draft_url is not None:
        return _of_draft_url(wanted, url=wanted.draft_url, tenant=tenant, site=site)
    file = _file(wanted, site=site, access=access)
    enqueued = site.uploads.enqueue_stored(
        file_id=file,
        profiles=profile_names([wanted.profile]),
        priority=wanted.priority,
        tenant=tenant,
        only_of=access.tenant,
        force=wanted.force,
    )
    if enqueued is None:
        raise not_found("There is no such file, or no more: upload it.")
    if enqueued.task is None:
        raise Problem(ProblemKind.CONFLICT, enqueued.error or "The file is refused.")
    return answer(
        _result(enqueued),
        status=201 if enqueued.status == "enqueued" else 200,
        headers={"Location": site.url(f"{API}/tasks/{enqueued.task}")},
    )


def _of_draft_url(wanted: EnqueueRequest, *, url: str, tenant: str, site: Site) -> Response:
    if wanted.file is not None or wanted.upload is not None or wanted.profile:
        raise Problem(ProblemKind.INVALID, "Name a draft's URL alone, without a file, an upload or a profile.")
    parts = site.parts
    task = enqueue_draft_url(
        url,
        database=parts.database,
        store=parts.store,
        hosts=draft_hosts(parts.settings),
        priority=wanted.priority,
        tenant=tenant,
        force=wanted.force,
        stop=site.ending,
    )
    result = EnqueueResult(
        path=shown_url(url),
        status="enqueued" if task.is_new else "duplicate",
        file=None,
        task=task.id,
        tasks=(task,),
        error=None,
        error_class=None,
    )
    return answer(
        result,
        status=201 if task.is_new else 200,
        headers={"Location": site.url(f"{API}/tasks/{task.id}")},
    )


def _file(wanted: EnqueueRequest, *, site: Site, access: Access) -> str:
    if (wanted.file is None) == (wanted.upload is None):
        raise Problem(ProblemKind.INVALID, "Name either a file, an upload, or a draft's URL.")
    if wanted.upload is None:
        return wanted.file or ""
    upload = site.uploads.upload(wanted.upload, tenant=access.tenant)
    if upload.file_id is None:
        raise Problem(ProblemKind.CONFLICT, upload.error or "The upload is not enqueued yet: wait for its first task.")
    return upload.file_id


def _result(enqueued: Enqueued) -> EnqueueResult:
    return EnqueueResult(
        path=str(enqueued.path),
        status=enqueued.status,
        file=enqueued.file,
        task=enqueued.task,
        tasks=enqueued.tasks,
        error=enqueued.error,
        error_class=enqueued.error_class,
    )
