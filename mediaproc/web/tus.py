"""The protocol of uploads that go on where they were cut: tus 1.0.0, with creation, first bytes, expiry, termination.

Only what stands in requests and answers is here; what happens with the bytes is in `enqueue/resumable/`.
"""

import re
from collections.abc import Callable, Coroutine
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from mediaproc.core.safe_text import quoted
from mediaproc.core.upload_wish import parse_wish_header, wish_header
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.web.answers import responses
from mediaproc.web.api import API
from mediaproc.web.api.parameters import UploadId
from mediaproc.web.auth import Uploader
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problem_answers import problem_response
from mediaproc.web.problems import Problem, ProblemKind, problem_of
from mediaproc.web.site import Site, TheSite, site_of
from mediaproc.web.upload_body import body_of, in_upload_thread, receive

VERSION = "1.0.0"
MEDIA_TYPE = "application/offset+octet-stream"
PATH = f"{API}/uploads"

_EXTENSIONS = "creation,creation-with-upload,expiration,termination"
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_CREATION_PROBLEMS = (ProblemKind.CHANGED, ProblemKind.LOCKED, ProblemKind.DISK_FULL, ProblemKind.TIMED_OUT)
_PROBLEMS = (*_CREATION_PROBLEMS, ProblemKind.NOT_FOUND, ProblemKind.GONE, ProblemKind.CONFLICT)


class _TusRoute(IdempotentRoute):
    """A route that speaks this version; a body of bytes is never read to tell whether it came before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        idempotent = super().get_route_handler()
        plain = APIRoute.get_route_handler(self)

        async def answer(request: Request) -> Response:
            try:
                response: Response = await (plain if _brings_bytes(request) else idempotent)(request)
            except Exception as error:
                problem = problem_of(error)
                if problem.kind is ProblemKind.BUG:
                    raise
                response = problem_response(request, problem, site=site_of(request))
            response.headers["Tus-Resumable"] = VERSION
            return response

        return answer


def _require_version(request: Request) -> None:
    given = request.headers.get("tus-resumable")
    if given != VERSION:
        raise Problem(
            ProblemKind.CHANGED,
            f"This is tus {VERSION}, and the request's Tus-Resumable is {quoted(given or '')}.",
            headers={"Tus-Version": VERSION},
        )


# A handler's parameter, behind that of its caller: who may not ask is told that first.
_TusVersion = Annotated[None, Depends(_require_version)]
router = APIRouter(tags=["uploads"], route_class=_TusRoute)


@router.options("/uploads", status_code=204, responses=responses(status=204), response_model=None)
def tell_tus(site: TheSite, _access: Uploader) -> Response:
    """What the server can do of tus."""
    most = site.parts.settings.max_size
    return Response(
        status_code=204,
        headers={"Tus-Version": VERSION, "Tus-Extension": _EXTENSIONS, "Tus-Max-Size": str(most)},
    )


@router.post(
    "/uploads",
    status_code=201,
    responses=responses(status=201, description="Begun; Location names it", problems=_CREATION_PROBLEMS),
    response_model=None,
)
async def create_upload(request: Request, site: TheSite, access: Uploader, _checked: _TusVersion) -> Response:
    """Begin an upload of `Upload-Length` bytes; the body may bring the first of them.

    `Upload-Metadata` has `filename`, `profile` (several with commas), `priority`, `tenant`: each text in base64.
    """
    for refused in ("upload-defer-length", "upload-concat"):
        if refused in request.headers:
            raise Problem(ProblemKind.MALFORMED, f"{refused.title()} is not supported: send Upload-Length.")
    upload = await in_upload_thread(
        site.uploads.begin,
        size=_number(request, "upload-length"),
        metadata=parse_wish_header(request.headers.get("upload-metadata", "")),
        tenant=access.tenant,
        actor=access.actor,
    )
    headers = {"Location": site.url(f"{PATH}/{upload.id}"), "Upload-Expires": _moment(upload)}
    if _brings_bytes(request):
        offset = await _write(request, upload.id, offset=0, site=site, tenant=access.tenant)
        headers["Upload-Offset"] = str(offset)
    return Response(status_code=201, headers=headers)


@router.head("/uploads/{upload_id}", responses=responses(problems=_PROBLEMS), response_model=None)
def tell_offset(upload_id: UploadId, site: TheSite, access: Uploader, _checked: _TusVersion) -> Response:
    """How many bytes are kept: the upload goes on from there."""
    upload = site.uploads.upload(upload_id, tenant=access.tenant)
    headers = {"Upload-Offset": str(upload.received), "Upload-Expires": _moment(upload)}
    headers |= {"Upload-Length": str(upload.size)} if upload.size is not None else {"Upload-Defer-Length": "1"}
    if upload.metadata:
        headers["Upload-Metadata"] = wish_header(upload.metadata)
    return Response(headers=headers)


@router.patch(
    "/uploads/{upload_id}", status_code=204, responses=responses(status=204, problems=_PROBLEMS), response_model=None
)
async def go_on(
    upload_id: UploadId, request: Request, site: TheSite, access: Uploader, _checked: _TusVersion
) -> Response:
    """Send the bytes from `Upload-Offset` on; with the last one the file is enqueued."""
    if not _brings_bytes(request):
        raise Problem(ProblemKind.MALFORMED, f"The bytes of an upload are sent as Content-Type {MEDIA_TYPE}.")
    offset = _number(request, "upload-offset")
    reached = await _write(request, upload_id, offset=offset, site=site, tenant=access.tenant)
    upload = await in_upload_thread(site.uploads.upload, upload_id=upload_id, tenant=access.tenant)
    return Response(status_code=204, headers={"Upload-Offset": str(reached), "Upload-Expires": _moment(upload)})


@router.delete(
    "/uploads/{upload_id}", status_code=204, responses=responses(status=204, problems=_PROBLEMS), response_model=None
)
def give_up(upload_id: UploadId, site: TheSite, access: Uploader, _checked: _TusVersion) -> Response:
    """Forget the upload and what came of it; tasks that it has already stay."""
    site.uploads.remove(upload_id, tenant=access.tenant)
    return Response(status_code=204)


async def _write(request: Request, upload_id: str, *, offset: int, site: Site, tenant: str | None) -> int:
    """Take the body; returns up to which byte the upload is kept then."""
    promised = request.headers.get("content-length", "")
    if promised == "0" and offset:
        # Nothing to send, after a last answer that was lost.
        upload = await in_upload_thread(site.uploads.upload, upload_id=upload_id, tenant=tenant)
        if upload.is_received and upload.received == offset:
            return offset
    writer = await in_upload_thread(site.uploads.write, upload_id=upload_id, offset=offset, tenant=tenant)
    await receive(body_of(request), writer=writer)
    if writer.received == writer.most:
        await in_upload_thread(site.uploads.finish, upload_id=upload_id)
    return writer.received


def _brings_bytes(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MEDIA_TYPE


def _number(request: Request, header: str) -> int:
    written = request.headers.get(header, "")
    if not _NUMBER.fullmatch(written):
        raise Problem(ProblemKind.MALFORMED, f"{header.title()} is a number of bytes, and not {quoted(written)}.")
    return int(written)


def _moment(upload: ResumableUpload) -> str:
    return format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
