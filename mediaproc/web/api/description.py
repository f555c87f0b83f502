"""The description of the API in OpenAPI, at the root and behind a login as everything else."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from mediaproc.web.auth import Reader

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
def describe(request: Request, _access: Reader) -> Response:
    """What every route takes and answers."""
    return JSONResponse(request.app.openapi())
