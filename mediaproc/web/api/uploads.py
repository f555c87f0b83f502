"""Uploads: what became of one; `web/tus.py` takes their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.web.answers import answer, responses
from mediaproc.web.api import API
from mediaproc.web.api.bodies import ProfilesWanted, RequestBody, example
from mediaproc.web.api.parameters import UploadId
from mediaproc.web.auth import Uploader
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.upload_state import UploadState, state_of

router = APIRouter(tags=["uploads"], route_class=IdempotentRoute)


@router.get(
    "/uploads/{upload_id}",
    responses=responses(UploadState, problems=(ProblemKind.NOT_FOUND, ProblemKind.GONE)),
    response_model=None,
)
def show_upload(upload_id: UploadId, site: TheSite, access: Uploader) -> Response:
    """How far the upload is, what became of it, and its tasks."""
    upload = site.uploads.upload(upload_id, tenant=access.tenant)
    return answer(state_of(upload, database=site.parts.database, access=access))


class PresignRequest(RequestBody):
    """A file whose bytes go to the store itself."""

    model_config = example({"size": 734003200, "filename": "holiday.avi", "profile": "mp4"})

    size: Annotated[int, Field(ge=1, le=2**53)]
    filename: Annotated[str, Field(max_length=1000)]
    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    profile: ProfilesWanted = ""
    priority: Annotated[int, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)] = 0
    tenant: Annotated[str, Field(max_length=1000)] = ""


@dataclass(frozen=True, kw_only=True)
class PresignedParts:
    """A PUT of the next `part_size` bytes to each of `urls`, in any order; then a POST to complete it.

    The links work until `urls_expire_at`, each for its part alone.
    """

    id: str
    part_size: int
    urls: Sequence[str]
    urls_expire_at: datetime
    expires_at: datetime


@router.post(
    "/uploads/presigned",
    status_code=201,
    responses=responses(PresignedParts, status=201, problems=(ProblemKind.CONFLICT, ProblemKind.DISK_FULL)),
    response_model=None,
)
def presign_upload(wanted: PresignRequest, site: TheSite, access: Uploader) -> Response:
    """Begin an upload whose bytes go to the store itself, in parts, without passing this server."""
    told = wanted.model_dump(exclude={"size"}, exclude_none=True)
    presigned = site.uploads.presign(
        size=wanted.size,
        metadata={name: str(value).replace("\0", "") for name, value in told.items()},
        tenant=access.tenant,
        actor=access.actor,
    )
    upload = presigned.upload
    parts = PresignedParts(
        id=upload.id,
        part_size=presigned.part_size,
        urls=presigned.urls,
        urls_expire_at=presigned.urls_expire_at,
        expires_at=upload.expires_at,
    )
    return answer(parts, status=201, headers={"Location": site.url(f"{API}/uploads/{upload.id}")})


@router.post(
    "/uploads/{upload_id}/complete",
    status_code=202,
    responses=responses(
        UploadState,
        status=202,
        problems=(ProblemKind.NOT_FOUND, ProblemKind.GONE, ProblemKind.CONFLICT, ProblemKind.LOCKED),
    ),
    response_model=None,
)
def complete_upload(upload_id: UploadId, site: TheSite, access: Uploader) -> Response:
    """All parts are in the store: their size is checked, and the file enqueued if its bytes are those promised."""
    upload = site.uploads.complete(upload_id, tenant=access.tenant)
    return answer(state_of(upload, database=site.parts.database, access=access), status=202)
