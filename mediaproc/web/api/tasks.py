"""Tasks: the list, how many there are, and everything about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import PlainTextResponse, Response

from mediaproc.db.views import tasks
from mediaproc.db.views.attempts import AttemptLine, attempts_of
from mediaproc.db.views.tasks import Count
from mediaproc.db.views.whole_task import WholeTask
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.parameters import AskedSelection, Before, CursorText, Limit, RowId
from mediaproc.web.auth import Reader
from mediaproc.web.entity_tag import entity_tag, is_listed
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind, not_found
from mediaproc.web.site import TheSite
from mediaproc.web.task_list import TaskPage, task_page
from mediaproc.web.tenant_bounds import seen, task_seen

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)

All = Annotated[bool, Query(alias="all", description="History too, and not only where a status asks for it.")]


@router.get("/tasks", responses=responses(TaskPage), response_model=None)
def list_tasks(
    *,
    site: TheSite,
    access: Reader,
    asked: AskedSelection,
    before: Before,
    all_: All = False,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Response:
    """The tasks of a selection, the newest first; finished ones too where the selection asks for them."""
    return answer(task_page(site, asked, access=access, with_history=all_, limit=limit, cursor=cursor, before=before))


@router.get("/tasks/count", responses=responses(Count), response_model=None)
def count_tasks(*, site: TheSite, access: Reader, asked: AskedSelection, all_: All = False) -> Response:
    """How many tasks a selection has, for `expect` of an act on all of them; no more are counted than 10,000."""
    with site.read() as connection:
        return answer(tasks.count(connection, selection=seen(asked, access=access), with_history=all_))


@router.get("/tasks/{task_id}", responses=responses(WholeTask, problems=[ProblemKind.NOT_FOUND]), response_model=None)
def show_task(
    site: TheSite,
    access: Reader,
    task_id: RowId,
    if_none_match: Annotated[str | None, Header(max_length=200, description="`ETag` of what is known.")] = None,
) -> Response:
    """Everything about a task, as `mediaproc tasks show --json` prints it; `ETag` is for `If-Match` of an act."""
    with site.read() as connection:
        task = task_seen(connection, task_id, access=access)
    tag = entity_tag(task)
    if is_listed(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    return answer(task, headers={"ETag": tag})


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """The attempts at a task, the first one first."""

    items: Sequence[AttemptLine]


@router.get(
    "/tasks/{task_id}/attempts", responses=responses(Attempts, problems=[ProblemKind.NOT_FOUND]), response_model=None
)
def list_attempts(site: TheSite, access: Reader, task_id: RowId) -> Response:
    """Every claim of a task, with its stages and the end of ffmpeg's log."""
    with site.read() as connection:
        return answer(Attempts(items=task_seen(connection, task_id, access=access).attempts))


@router.get(
    "/tasks/{task_id}/log",
    responses=responses(problems=[ProblemKind.NOT_FOUND], description="The log as text", media_type="text/plain"),
    response_model=None,
    response_class=PlainTextResponse,
)
def show_log(
    site: TheSite,
    access: Reader,
    task_id: RowId,
    attempt: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of this attempt, else of the last.")] = None,
) -> Response:
    """The end of ffmpeg's log of an attempt, as text; control characters in it are escaped."""
    with site.read() as connection:
        task_seen(connection, task_id, access=access)
        attempts = attempts_of(connection, task_id=task_id)
    found = [each for each in attempts if attempt in {None, each.attempt}]
    if not found:
        which = "no attempt" if attempt is None else f"no attempt {attempt}"
        raise not_found(f"There is {which} at task {task_id}: nothing was logged.")
    return PlainTextResponse(found[-1].log_tail or "")
