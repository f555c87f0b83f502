"""The calls of capcut-mate's API, and those of its handbook: a draft by its URL, how far it is, how many there are."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from mediaproc import clock
from mediaproc.app import draft_hosts
from mediaproc.core.access import Access, Scope
from mediaproc.core.capcut_mate.codes import SUBMITTED, Code
from mediaproc.core.capcut_mate.empty_draft import FILES, EmptyDraft
from mediaproc.core.draft_url.request import draft_id_of
from mediaproc.core.errors import MediaprocError, WrongUse
from mediaproc.db.draft_counts import DraftCounts, draft_counts
from mediaproc.db.draft_requests import DraftRequest, newest_request, request_key, request_of_task
from mediaproc.db.tasks.insert import TaskOfFile
from mediaproc.enqueue.draft_urls import enqueue_draft_url
from mediaproc.web.capcut_mate.answers import PREFIX, Refused, answered, local_time, refusal
from mediaproc.web.capcut_mate.bodies import CreateDraft, OfDraft, SubmitTask
from mediaproc.web.capcut_mate.callers import caller_of
from mediaproc.web.capcut_mate.task_view import TaskView, task_view
from mediaproc.web.site import Site, TheSite, origin_of

_Parameters = ParamSpec("_Parameters")
_FOLDER = "/output/draft"

router = APIRouter(prefix=PREFIX, include_in_schema=False)


def _call(otherwise: Code) -> Callable[[Callable[_Parameters, Response]], Callable[_Parameters, Response]]:
    """A call whose errors are answers: `otherwise` is the code of what is not told apart."""

    def decorated(handler: Callable[_Parameters, Response]) -> Callable[_Parameters, Response]:
        @wraps(handler)
        def handled(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Response:
            request: Any = kwargs["request"]
            try:
                return handler(*args, **kwargs)
            except Refused as refused:
                return refusal(request, refused)
            except MediaprocError as error:
                return refusal(request, Refused(otherwise, str(error)))

        return handled

    return decorated


@router.post("/v1/create_draft", response_model=None)
@_call(Code.CREATION_FAILED)
def create_draft(request: Request, site: TheSite, wanted: CreateDraft) -> Response:
    """A draft without a clip: this server draws drafts, and has no call that puts clips in."""
    caller_of(request, site=site, scope=Scope.ENQUEUE)
    moment = datetime.fromtimestamp(clock.wall_time(), tz=UTC).astimezone().strftime("%Y%m%d%H%M%S")
    made = EmptyDraft(moment=moment, width=wanted.width, height=wanted.height)
    url = f"{origin_of(request)}{site.url(PREFIX)}/v1/get_draft?draft_id={made.id(key=site.key)}"
    return answered(request, {"draft_url": url, "tip_url": ""})


@router.get("/v1/get_draft", response_model=None)
@_call(Code.INTERNAL)
def get_draft(
    request: Request, site: TheSite, draft_id: Annotated[str, Query(min_length=20, max_length=32)]
) -> Response:
    """The files of a draft that this server made; its id is the key to it, as there."""
    if EmptyDraft.of_id(draft_id, key=site.key) is None:
        raise Refused(Code.INVALID_DRAFT_URL)
    folder = f"{origin_of(request)}{site.url(PREFIX)}{_FOLDER}/{draft_id}"
    return answered(request, {"files": [f"{folder}/{name}" for name in FILES]})


@router.get(_FOLDER + "/{draft_id}/{name}", response_model=None)
@_call(Code.INTERNAL)
def get_draft_file(request: Request, site: TheSite, draft_id: str, name: str) -> Response:  # noqa: ARG001 - of `_call`
    """One of these files, as it is."""
    draft = EmptyDraft.of_id(draft_id, key=site.key)
    if draft is None or name not in FILES:
        raise Refused(Code.NOT_FOUND)
    return Response(draft.content(draft_id=draft_id), media_type="application/json")


@router.post("/v1/gen_video", response_model=None)
@_call(Code.SUBMIT_FAILED)
def gen_video(request: Request, site: TheSite, wanted: OfDraft) -> Response:
    """Have the draft drawn; while that goes on, a second call does nothing."""
    _submitted(request, site=site, wanted=wanted, priority=0)
    return answered(request, {"message": SUBMITTED})


@router.post("/v1/gen_video_status", response_model=None)
@_call(Code.QUERY_FAILED)
def gen_video_status(request: Request, site: TheSite, wanted: OfDraft) -> Response:
    """How far the newest task for this draft is."""
    access = caller_of(request, site=site, scope=Scope.ENQUEUE, api_key=wanted.apiKey)
    with site.read() as connection:
        found = newest_request(connection, key=request_key(wanted.draft_url, tenant=access.tenant or ""))
    view = _view(request, found, site=site)
    return answered(
        request,
        {
            "draft_url": wanted.draft_url,
            "status": str(view.told.status),
            "progress": view.told.progress,
            "video_url": view.video_url,
            "error_message": view.told.error,
            "created_at": local_time(view.request.bringing.created_at),
            "started_at": local_time(view.told.started_at),
            "completed_at": local_time(view.told.ended_at),
        },
    )


@router.get("/v1/gen_video_active_count", response_model=None)
@_call(Code.QUERY_FAILED)
def gen_video_active_count(request: Request, site: TheSite) -> Response:
    """How many drafts wait or are worked on."""
    counts = _counts(request, site=site)
    return answered(request, {"count": counts.pending + counts.processing})


@router.post("/v1/submit_task", response_model=None)
@_call(Code.SUBMIT_FAILED)
def submit_task(request: Request, site: TheSite, wanted: SubmitTask) -> Response:
    """As `gen_video`, of the handbook: the task's id is told."""
    task = _submitted(request, site=site, wanted=wanted, priority=wanted.priority)
    return answered(request, {"task_id": str(task.id)})


@router.get("/v1/task_status", response_model=None)
@_call(Code.QUERY_FAILED)
def task_status(request: Request, site: TheSite, task_id: Annotated[int, Query(ge=1, le=2**63 - 1)]) -> Response:
    """As `gen_video_status`, of the handbook: by the id that `submit_task` told."""
    access = caller_of(request, site=site, scope=Scope.ENQUEUE)
    with site.read() as connection:
        found = request_of_task(connection, task_id=task_id, tenant=access.tenant)
    view = _view(request, found, site=site)
    drawn = view.drawn
    result = (
        None
        if drawn is None
        else {
            "video_url": view.video_url,
            "duration": drawn.duration,
            "file_size": drawn.size,
            "draft_id": view.request.drawing and view.request.drawing.filename.removesuffix(".zip"),
        }
    )
    return answered(
        request,
        {
            "task_id": str(task_id),
            "status": str(view.told.status),
            "result": result,
            "error": view.told.error or None,
            "created_at": local_time(view.request.bringing.created_at),
            "updated_at": local_time(view.request.latest.updated_at),
        },
    )


@router.get("/v1/statistics", response_model=None)
@_call(Code.QUERY_FAILED)
def statistics(request: Request, site: TheSite) -> Response:
    """How many drafts there are, of the handbook; what is done counts for 48 hours."""
    counts = _counts(request, site=site)
    return answered(
        request,
        {
            "total_tasks": counts.pending + counts.processing + counts.failed + counts.completed,
            "pending_tasks": counts.pending,
            "processing_tasks": counts.processing,
            "completed_tasks": counts.completed,
            "failed_tasks": counts.failed,
            "queue_size": counts.pending,
        },
    )


@router.get("/v1/metrics", response_model=None)
@_call(Code.QUERY_FAILED)
def metrics(request: Request, site: TheSite) -> Response:
    """What came of drafts within 48 hours, of the handbook, which does not say the fields."""
    counts = _counts(request, site=site)
    ended = counts.completed + counts.failed
    return answered(
        request,
        {
            "queue_size": counts.pending,
            "active_tasks": counts.processing,
            "success_rate": counts.completed / ended if ended else None,
            "average_processing_time": counts.average,
        },
    )


def _submitted(request: Request, *, site: Site, wanted: OfDraft, priority: int) -> TaskOfFile:
    access = caller_of(request, site=site, scope=Scope.ENQUEUE, api_key=wanted.apiKey)
    if draft_id_of(wanted.draft_url) is None:
        raise Refused(Code.INVALID_DRAFT_URL)
    parts = site.parts
    try:
        return enqueue_draft_url(
            wanted.draft_url,
            database=parts.database,
            store=parts.store,
            hosts=draft_hosts(parts.settings),
            priority=priority,
            tenant=access.tenant or "",
            stop=site.ending,
        )
    except WrongUse as error:
        raise Refused(Code.INVALID_DRAFT_URL, str(error)) from None


def _view(request: Request, found: DraftRequest | None, *, site: Site) -> TaskView:
    if found is None:
        raise Refused(Code.TASK_NOT_FOUND)
    return task_view(request, found, site=site)


def _counts(request: Request, *, site: Site) -> DraftCounts:
    access: Access = caller_of(request, site=site, scope=Scope.ENQUEUE)
    with site.read() as connection:
        return draft_counts(connection, tenant=access.tenant)
