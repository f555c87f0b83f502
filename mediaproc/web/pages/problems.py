"""What a problem's `type` leads to: what it means, and what to do."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from mediaproc.web.auth import Reader
from mediaproc.web.page import ThePage
from mediaproc.web.problems import ProblemKind, not_found

router = APIRouter(include_in_schema=False)

_BY_SLUG = {kind.slug: kind for kind in ProblemKind}


@router.get("/problems/{slug}")
def explain(page: ThePage, access: Reader, slug: Annotated[str, Path(max_length=100)]) -> Response:
    """The explanation of one kind of problem."""
    kind = _BY_SLUG.get(slug)
    if kind is None:
        raise not_found(f"There is no such problem: these are {', '.join(_BY_SLUG)}.")
    return page.show("problem_kind.html", access=access, kind=kind)
