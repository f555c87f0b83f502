"""Files: what is known of an upload, its bytes, and those of its renditions."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from mediaproc.app import site_profiles
from mediaproc.core.attachment import renamed
from mediaproc.core.profile import profile_named
from mediaproc.db.database import Connection
from mediaproc.db.views.files import FileLine, WholeFile, file_seen, rendition_object, source_object, tasks_of
from mediaproc.web.answers import answer, responses
from mediaproc.web.api import API
from mediaproc.web.auth import Operator, Reader
from mediaproc.web.downloads import download
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind, not_found
from mediaproc.web.site import TheSite

router = APIRouter(tags=["files"], route_class=IdempotentRoute)

FileId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="The SHA-256 of its bytes.")]
_PLAYED = ("video/", "audio/")
_BYTES: dict[int | str, dict[str, Any]] = {
    **responses(problems=[ProblemKind.NOT_FOUND, ProblemKind.CONFLICT], media_type="application/octet-stream"),
    206: {"description": "The part that a `Range` asks for", "content": {"application/octet-stream": {}}},
    302: {"description": "Where the store has it, by a link that works for 300 s"},
    416: {"description": "There is no such part"},
}


@router.get("/files/{file_id}", responses=responses(WholeFile, problems=[ProblemKind.NOT_FOUND]), response_model=None)
def show_file(site: TheSite, access: Reader, file_id: FileId) -> Response:
    """An upload and the tasks of it, finished ones too."""
    with site.read() as connection:
        line = _found(connection, file_id, tenant=access.tenant)
        return answer(WholeFile(**asdict(line), tasks=tasks_of(connection, file_id=file_id, tenant=access.tenant)))


@router.get("/files/{file_id}/rendition", responses=_BYTES, response_model=None)
def get_rendition(
    site: TheSite,
    access: Reader,
    file_id: FileId,
    profile: Annotated[str, Query(max_length=100, description="What it was made for.")] = "mp4",
) -> Response:
    """What was made of the file for a profile, the latest: the bytes, or a redirect to where the store has them.

    Where something of a draft is not drawn exactly, a `Link` leads to the task, whose `rendition.notes` tell it.
    """
    recipe = profile_named(profile, extra=site_profiles(site.parts.settings))
    with site.read() as connection:
        line = _found(connection, file_id, tenant=access.tenant)
        kept = rendition_object(connection, file_id=file_id, profile=profile)
    if kept is None:
        raise not_found(f"There is no rendition of this file for the profile {profile}.")
    name = renamed(line.filename, extension=recipe.extension)
    found = download(site, kept, filename=name, content_type=recipe.mime_type)
    if kept.has_notes:
        found.headers["Link"] = f'<{site.url(API)}/tasks/{kept.task_id}>; rel="describedby"'
    return found


@router.get("/files/{file_id}/source", responses=_BYTES, response_model=None)
def get_source(site: TheSite, access: Operator, file_id: FileId) -> Response:
    """The bytes as they were uploaded, or a redirect to where the store has them."""
    with site.read() as connection:
        line = _found(connection, file_id, tenant=access.tenant)
        kept = source_object(connection, file_id=file_id)
    if kept is None:
        raise not_found("The bytes of this file have not arrived.")
    # Nobody has looked whether it is what it says.
    content_type = line.mime_type if line.mime_type.startswith(_PLAYED) else "application/octet-stream"
    return download(site, kept, filename=line.filename, content_type=content_type)


def _found(connection: Connection, file_id: str, *, tenant: str | None) -> FileLine:
    found = file_seen(connection, file_id=file_id, tenant=tenant)
    if found is None:
        raise not_found(f"There is no file {file_id}.")
    return found
