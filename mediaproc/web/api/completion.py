"""Complete a task with a file that was made elsewhere: the body of the request is the file."""

from functools import partial
from pathlib import Path
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from mediaproc import app as composition
from mediaproc.acts import completion
from mediaproc.acts.completion import CompletionAnswer, Workshop
from mediaproc.core.access import Access
from mediaproc.scratch import Scratch
from mediaproc.store.transfer import full_disk_translated
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator
from mediaproc.web.entity_tag import IfMatch, require_match
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import require_own, task_seen
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
    workshop = await in_upload_thread(_prepared, site=site, access=access, task_id=task_id, if_match=if_match)
    scratch = await in_upload_thread(Scratch, root=workshop.scratch, executor_id=uuid4())
    try:
        file = scratch.folder / "rendition"
        await _receive(request, file, most=workshop.limits.max_size)
        done = await in_upload_thread(
            completion.complete,
            workshop=workshop,
            task_id=task_id,
            file=file,
            actor=access.actor,
            told_as="The file",
        )
    finally:
        # By a thread: to remove a large file takes a while, in which nobody else would be answered.
        await in_upload_thread(scratch.close)
    return answer(CompletionAnswer.of(done))


def _prepared(site: Site, access: Access, task_id: int, if_match: str | None) -> Workshop:
    """What the file is verified with, for those who may change the task."""
    with site.read() as connection:
        require_own(task_seen(connection, task_id, access=access), access=access)
        require_match(connection, task_id, access=access, if_match=if_match)
    site.parts.store.check()
    return composition.make_workshop(site.parts)


async def _receive(request: Request, file: Path, *, most: int) -> None:
    """Write the body to the file.

    Raises:
        Problem: it is larger than any upload may be, or no byte comes any more.
        Unavailable: the disk is full.
    """
    received = 0
    with full_disk_translated(file.parent), file.open("wb") as kept:
        async for piece in body_of(request):
            received += len(piece)
            if received > most:
                raise Problem(ProblemKind.TOO_LARGE, f"The file is too large: at most {most} bytes are taken.")
            await in_upload_thread(partial(kept.write, piece))
