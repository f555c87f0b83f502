"""What machines ask of a server: whether it lives, whether it is ready, what it counts."""

from functools import cached_property
from itertools import chain

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from mediaproc.app import site_profiles
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.profile import BUILT_IN
from mediaproc.metrics.exposition import Exposition
from mediaproc.monitoring.site_samples import SiteSamples
from mediaproc.monitoring.slow_question import SlowQuestion
from mediaproc.web.auth import Reader
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.request_log import RequestTally
from mediaproc.web.site import Site

# Seconds: a balancer asks every few of them, and takes a server that is slower than this for one that is not ready.
_LONGEST_WAIT = 1.0
_EVERY = 1.0
_UNAVAILABLE = 503
# Monitors ask for the status alone.
_GET_AND_HEAD = ["GET", "HEAD"]


class _Told:
    """The values of this server and of its site; prometheus-client is imported for the first who asks."""

    def __init__(self, site: Site, *, tally: RequestTally) -> None:
        self._tally = tally
        profiles = frozenset(BUILT_IN) | frozenset(site_profiles(site.parts.settings))
        self._site_samples = SiteSamples(site.parts.database, profiles=profiles)

    @cached_property
    def exposition(self) -> Exposition:
        """As Prometheus' text."""
        return Exposition(lambda: chain(self._tally.samples(), self._site_samples.samples()))


def health_router(site: Site, *, tally: RequestTally) -> APIRouter:
    """The routes, which stand at the root, where monitors look for them."""
    router = APIRouter(include_in_schema=False)
    readiness = SlowQuestion(site.parts.require_schema, about="database", every=_EVERY, longest_wait=_LONGEST_WAIT)
    told = _Told(site, tally=tally)

    @router.api_route("/livez", methods=_GET_AND_HEAD)
    async def livez() -> Response:
        """Whether the process answers; whatever its parts do, a new start would not mend them."""
        return PlainTextResponse("alive")

    @router.api_route("/readyz", methods=_GET_AND_HEAD)
    def readyz() -> Response:
        """Whether the database answers with the tables that this version knows, and nobody has stopped the server."""
        try:
            readiness.answer()
        except (Unavailable, PartMissing):
            return PlainTextResponse("unready", status_code=_UNAVAILABLE)
        if site.ending.is_set():
            return PlainTextResponse("ending", status_code=_UNAVAILABLE)
        return PlainTextResponse("ready")

    @router.get("/metrics")
    def metrics(access: Reader) -> Response:
        """What this server has answered, and the figures of the whole site."""
        if access.tenant is not None:
            raise Problem(ProblemKind.FORBIDDEN, "These figures are of the whole site, and the token of one tenant.")
        return Response(told.exposition.text(), media_type=told.exposition.content_type)

    return router
