"""The uploader's view of one task, by a signed link; and the page that makes such a link."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from mediaproc.core.attachment import renamed
from mediaproc.core.notes.grouping import grouped
from mediaproc.core.share_link import ShareLink
from mediaproc.core.uploader_state import UploaderState
from mediaproc.db.views.shared_upload import SharedUpload, shared_upload
from mediaproc.web.api import API
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator
from mediaproc.web.downloads import download
from mediaproc.web.page import ThePage
from mediaproc.web.problems import not_found
from mediaproc.web.sharing import share_path, share_task
from mediaproc.web.site import Site, TheSite

router = APIRouter(include_in_schema=False)

# Seconds until the page is worth another look. To find a place in line costs more than to read how far an attempt is.
_LOOK_EVERY = 15
_LOOK_EVERY_WHILE_WORKING = 5
# Things that are not drawn exactly, in the list for the uploader.
_MOST_NOTES = 20
Signed = Annotated[str, Path(max_length=200)]


@router.post("/tasks/{task_id}/share", response_model=None)
def make_link(request: Request, site: TheSite, page: ThePage, access: Operator, task_id: RowId) -> Response:
    """A link for the uploader of this task."""
    shared = share_task(request, task_id, access=access)
    address = f"{page.origin}{site.url(API)}/tasks/{task_id}/share"
    return page.show(
        "share_link.html",
        access=access,
        task_id=task_id,
        shared=shared,
        command=f'curl -X POST -H "Authorization: Bearer $TOKEN" {address}',
    )


@router.get("/share/{signed}", response_model=None)
def show_upload(site: TheSite, page: ThePage, signed: Signed) -> Response:
    """Where the upload is, for whoever has the link; nothing else is told."""
    upload = _shared(site, signed)
    if upload is None:
        return page.show("share_over.html", access=None, status=404)
    profile = site.profile(upload.profile)
    return page.show(
        "share.html",
        access=None,
        upload=upload,
        seconds=_LOOK_EVERY_WHILE_WORKING if upload.state is UploaderState.WORKING else _LOOK_EVERY,
        kind=profile.mime_type.partition("/")[0] if profile else "",
        notes=grouped(upload.notes),
        most_notes=_MOST_NOTES,
        rendition=f"{share_path(site, signed)}/rendition" if upload.rendition and profile else None,
    )


@router.get("/share/{signed}/rendition", response_model=None)
def get_rendition(site: TheSite, signed: Signed) -> Response:
    """What was made of it: the bytes, or a redirect to where the store has them."""
    upload = _shared(site, signed)
    profile = site.profile(upload.profile) if upload else None
    if upload is None or upload.rendition is None or profile is None:
        raise not_found("There is no video here.")
    name = renamed(upload.filename, extension=profile.extension)
    return download(site, upload.rendition, filename=name, content_type=profile.mime_type)


def _shared(site: Site, signed: str) -> SharedUpload | None:
    link = ShareLink.read(signed, key=site.key)
    if link is None:
        return None
    with site.read() as connection:
        return shared_upload(connection, task_id=link.task_id, until=datetime.fromtimestamp(link.expires_at, tz=UTC))
