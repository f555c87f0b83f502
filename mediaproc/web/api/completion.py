"""Complete a task with a file that was made elsewhere: the body of the request is the file."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from mediaproc.acts.completion import CompletionAnswer
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator
from mediaproc.web.completion import received_completion
from mediaproc.web.entity_tag import IfMatch
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.upload_body import body_of, in_upload_thread

# No `Idempotency-Key`: a task is completed once, and the body is not kept in memory to be compared.
router = APIRouter(tags=["tasks"])

_MEDIA_TYPE = "application/octet-stream"
_PROBLEMS = (ProblemKind.NOT_FOUND, ProblemKind.CONFLICT, ProblemKind.CHANGED, ProblemKind.DISK_FULL)


@router.post(
    "/tasks/{task_id}/complete",
    responses=responses(CompletionAnswer, problems=_PROBLEMS),
    response_model=None,
    openapi_extra={"requestBody": {"required": True, "content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def complete_task(
    request: Request, site: TheSite, access: Operator, task_id: RowId, if_match: IfMatch = None
) -> Response:
    """Complete the task with the file that the body is: verified as any output is, uploaded and settled."""
    if request.headers.get("content-type") != _MEDIA_TYPE:
        raise Problem(ProblemKind.MALFORMED, f"The body is the file, with the Content-Type {_MEDIA_TYPE}.")
    pieces = body_of(request)
    async with received_completion(pieces, site=site, access=access, task_id=task_id, if_match=if_match) as complete:
        done = await in_upload_thread(complete)
    return answer(CompletionAnswer.of(done))
