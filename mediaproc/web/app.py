"""The application of a site: its routers, and what stands before each of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from mediaproc import __version__
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.web.answers import ProblemDocument
from mediaproc.web.api import API, description
from mediaproc.web.api import routers as api
from mediaproc.web.capcut_mate import router as capcut_mate
from mediaproc.web.compression import Compression
from mediaproc.web.guard import Guard
from mediaproc.web.health import health_router
from mediaproc.web.pages import routers as pages
from mediaproc.web.problem_answers import add_problems
from mediaproc.web.request_log import RequestLog, RequestTally
from mediaproc.web.site import Site


class _Application(FastAPI):
    """FastAPI whose description of itself also has the model of a problem, behind the guard and the log."""

    def __init__(self, *, site: Site, tally: RequestTally, **described: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(**described)
        self.state.site = site
        self._tally = tally

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's own, which answers for what handlers raise; so that answer carries the guard's headers too."""
        site: Site = self.state.site
        guarded = Guard(super().build_middleware_stack(), site=site)
        return RequestLog(Compression(guarded), site=site, tally=self._tally)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schemas = super().openapi().setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
        assert self.openapi_schema is not None  # noqa: S101 - made above
        return self.openapi_schema


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """What a server does besides answering: it takes up uploads that another one left."""
    uploads = app.state.site.uploads
    run_in_daemon_thread(uploads.keep_taking_up, name="uploads")
    yield
    await run_in_threadpool(uploads.close)


def make_app(site: Site) -> FastAPI:
    """The application; nothing has been asked of the site's parts yet."""
    tally = RequestTally()
    app = _Application(
        site=site,
        tally=tally,
        lifespan=_running,
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
    add_problems(app, site=site)
    for router in api.ROUTERS:
        app.include_router(router, prefix=API)
    app.include_router(description.router)
    for router in pages.ROUTERS:
        app.include_router(router)
    if site.parts.settings.capcut_mate != "off":
        app.include_router(capcut_mate.router)
    app.include_router(health_router(site, tally=tally))
    return app
