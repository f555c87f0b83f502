"""The application of a site: its routers, and what stands before each of them."""

from typing import Any

from fastapi import FastAPI

from mediaproc import __version__
from mediaproc.web.answers import ProblemDocument
from mediaproc.web.api import description
from mediaproc.web.api.routers import ROUTERS
from mediaproc.web.guard import Guard
from mediaproc.web.problems import add_problems
from mediaproc.web.site import Site

API = "/api/v1"


class _Application(FastAPI):
    """FastAPI whose description of itself also has the model of a problem."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schemas = super().openapi().setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
        assert self.openapi_schema is not None  # noqa: S101 - made above
        return self.openapi_schema


def make_app(site: Site) -> FastAPI:
    """The application; nothing has been asked of the site's parts yet."""
    app = _Application(
        title="mediaproc",
        version=__version__,
        summary="Every uploaded video becomes an mp4 that browsers play.",
        # It is told to who has logged in.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Else a path with a slash too many would be redirected to a name that the client chose.
        redirect_slashes=False,
    )
    app.state.site = site
    add_problems(app, site=site)
    app.add_middleware(Guard, site=site)
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.include_router(description.router)
    return app
