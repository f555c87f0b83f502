"""Bytes of the store for whoever may have them: by a link of the store's that ends soon, or from this server's disk."""

from starlette.responses import FileResponse, RedirectResponse, Response

from mediaproc.core.attachment import attachment
from mediaproc.db.views.files import KeptObject
from mediaproc.web.problems import Problem, ProblemKind, not_found
from mediaproc.web.site import Site

# Seconds.
_LINK_WORKS_FOR = 300
# Whatever the bytes are, a browser that shows them runs nothing of them, and knows nothing of this site.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox"}


def download(site: Site, kept: KeptObject, *, filename: str, content_type: str) -> Response:
    """The object, or where to get it now; saved under this name.

    Raises:
        Problem: it is in another bucket than this server's, or is not there.
        Unavailable: the store.
    """
    store = site.parts.store
    if kept.bucket != store.bucket:
        raise Problem(
            ProblemKind.CONFLICT,
            f"It is in the bucket {kept.bucket}: MEDIAPROC_STORE_URL must name the store that has it.",
        )
    link = store.link(kept.key, seconds=_LINK_WORKS_FOR, filename=filename, content_type=content_type)
    if link is not None:
        return RedirectResponse(link, status_code=302)
    file = store.local_file(kept.key)
    if file is None:
        raise not_found("Its bytes are not in the store any more.")
    headers = _HEADERS | {"Content-Disposition": attachment(filename)}
    return FileResponse(file, media_type=content_type, headers=headers)
