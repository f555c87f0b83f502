"""Share a task: a link for its uploader."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from pydantic import Field
from starlette.responses import Response

from mediaproc.core.share_link import LONGEST_LIFE, SHORTEST_LIFE
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.sharing import Shared, share_task

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)


class NewShareLink(RequestBody):
    """For how long the link is good."""

    model_config = example({"expires": 604800})

    expires: Annotated[
        float | None,
        Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE, allow_inf_nan=False, description="Seconds; null: 30 days."),
    ] = None


@router.post(
    "/tasks/{task_id}/share", responses=responses(Shared, problems=[ProblemKind.NOT_FOUND]), response_model=None
)
def share(
    request: Request,
    access: Operator,
    task_id: RowId,
    body: Annotated[NewShareLink, Body()] = NewShareLink(),  # noqa: B008 - a value that nobody changes
) -> Response:
    """A link by which an uploader sees, without a login, where this one task is, and plays what was made of it."""
    return answer(share_task(request, task_id, access=access, life=body.expires))
