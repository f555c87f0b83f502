"""The page where films are handed in: many with a script, one at a time without."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response

from mediaproc.core.access import Access
from mediaproc.core.errors import MediaprocError
from mediaproc.web.auth import Uploader
from mediaproc.web.form_upload import FormUpload
from mediaproc.web.page import ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.upload_body import body_of, in_upload_thread, receive
from mediaproc.web.upload_state import state_of

router = APIRouter(include_in_schema=False)

_FIELDS = ("profile", "priority", "tenant")


@router.get("/upload")
def show_form(page: ThePage, site: TheSite, access: Uploader) -> Response:
    """Where films are dropped, chosen, or sent by a form."""
    return page.show(
        "upload.html",
        access=access,
        profiles=site.uploads.profiles,
        most=site.uploads.most,
        command=page.texts("upload.command"),
    )


@router.get("/upload/{upload_id}")
def show_state(upload_id: str, page: ThePage, site: TheSite, access: Uploader) -> Response:
    """What became of one."""
    upload = site.uploads.upload(upload_id, tenant=access.tenant)
    state = state_of(upload, database=site.parts.database, access=access)
    return page.show("upload_state.html", access=access, upload=state)


@router.post("/upload")
async def take_form(request: Request, page: ThePage, site: TheSite, access: Uploader) -> Response:
    """Take one film of a form, as it comes."""
    form = FormUpload(request)
    pieces = form.file_bytes(body_of(request))
    first = await anext(pieces)
    upload_id = await in_upload_thread(_begin, form=form, site=site, access=access)
    try:
        writer = await in_upload_thread(site.uploads.write, upload_id=upload_id, offset=0, tenant=access.tenant)
        await receive(_chained(first, pieces), writer=writer, ends_here=True)
    except BaseException:
        # A form begins anew each time: nothing goes on with this one.
        with suppress(MediaprocError):
            await in_upload_thread(site.uploads.remove, upload_id=upload_id, tenant=access.tenant)
        raise
    await in_upload_thread(site.uploads.finish, upload_id=upload_id)
    return page.back(f"/upload/{upload_id}")


def _begin(*, form: FormUpload, site: Site, access: Access) -> str:
    filename = form.require_file()
    metadata: Mapping[str, str] = {
        name: ",".join(form.fields[name]) for name in _FIELDS if any(form.fields.get(name, ()))
    }
    begun = site.uploads.begin(
        size=None,
        metadata={"filename": filename.replace("\0", ""), **metadata},
        tenant=access.tenant,
        actor=access.actor,
    )
    return begun.id


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
