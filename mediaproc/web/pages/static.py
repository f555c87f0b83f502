"""The style sheet, the scripts and the icon; anybody gets them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from mediaproc.web.problems import not_found
from mediaproc.web.static_files import static_files

router = APIRouter(include_in_schema=False)

# Under an address with its version a file never changes; else a browser asks whether it has.
_FOR_EVER, _ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


@router.get("/static/{name:path}")
async def static(
    request: Request,
    name: Annotated[str, Path(max_length=200)],
    version: Annotated[str, Query(alias="v", max_length=64)] = "",
) -> Response:
    """The file of that name."""
    file = static_files().get(name)
    if file is None:
        raise not_found("There is no such file.")
    tag = f'"{file.version}"'
    headers = {
        "Cache-Control": _FOR_EVER if version == file.version else _ASK_AGAIN,
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.content, media_type=file.media_type, headers=headers)
    return Response(file.compressed, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"})
