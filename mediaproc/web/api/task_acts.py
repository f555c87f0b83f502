"""The acts on one task: cancel, retry, reject, priority."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from mediaproc.acts.task_answers import CANCEL, RETRY, Hindrance, TaskAct, TaskAnswer, new_priority, rejection
from mediaproc.core.access import Access
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator
from mediaproc.web.entity_tag import IfMatch
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import Site, TheSite
from mediaproc.web.task_acts import act_on_task

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)

_PROBLEM_OF = {
    Hindrance.NOT_THERE: ProblemKind.NOT_FOUND,
    Hindrance.TOO_LATE: ProblemKind.TOO_LATE,
    Hindrance.LOCKED: ProblemKind.LOCKED,
}
_RESPONSES = responses(TaskAnswer, problems=[*_PROBLEM_OF.values(), ProblemKind.CHANGED])


class Because(RequestBody):
    """Why a task is rejected."""

    model_config = example({"because": "The film is somebody else's."})

    because: Annotated[str, Field(min_length=1, max_length=2000, description="A sentence for whoever uploaded it.")]


class Priority(RequestBody):
    """The place of a task before others."""

    model_config = example({"priority": 100})

    priority: Annotated[
        int, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY, strict=True, description="Higher is first.")
    ]


@router.post("/tasks/{task_id}/retry", responses=_RESPONSES, response_model=None)
def retry_task(site: TheSite, access: Operator, task_id: RowId, if_match: IfMatch = None) -> Response:
    """Make the task due now with no strike against it, a rejected one too."""
    return _act(site, RETRY, task_id, access=access, if_match=if_match)


@router.post("/tasks/{task_id}/cancel", responses=_RESPONSES, response_model=None)
def cancel_task(site: TheSite, access: Operator, task_id: RowId, if_match: IfMatch = None) -> Response:
    """Move the task to history as cancelled; an executor that works on it stops at once."""
    return _act(site, CANCEL, task_id, access=access, if_match=if_match)


@router.post("/tasks/{task_id}/reject", responses=_RESPONSES, response_model=None)
def reject_task(
    site: TheSite, access: Operator, task_id: RowId, body: Annotated[Because, Body()], if_match: IfMatch = None
) -> Response:
    """Let the task wait for a person as rejected; an executor that works on it stops at once."""
    return _act(site, rejection(body.because), task_id, access=access, if_match=if_match)


@router.post("/tasks/{task_id}/priority", responses=_RESPONSES, response_model=None)
def set_priority(
    site: TheSite, access: Operator, task_id: RowId, body: Annotated[Priority, Body()], if_match: IfMatch = None
) -> Response:
    """Give the task another priority; one that is being worked on has it from its next claim on."""
    return _act(site, new_priority(body.priority), task_id, access=access, if_match=if_match)


def _act(site: Site, act: TaskAct, task_id: int, *, access: Access, if_match: str | None) -> Response:
    refusal = act_on_task(site, act, task_id, access=access, if_match=if_match)
    if refusal is not None:
        raise Problem(_PROBLEM_OF[refusal.hindrance], refusal.sentence)
    return answer(TaskAnswer(task=task_id, done=True, error=None))
