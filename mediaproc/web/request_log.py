"""One line of log for each request, and its count for the metrics; no query and no signed address gets into either."""

from collections import Counter
from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc import clock
from mediaproc.metrics import catalogue
from mediaproc.metrics.catalogue import Sample
from mediaproc.web.api import API
from mediaproc.web.site import Site

# What is asked for by machines again and again, or beside each page.
_QUIET = ("/livez", "/readyz", "/metrics", "/static/")
# Behind these stands what lets whoever reads it in.
_SIGNED = ("/share/",)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestTally:
    """How many requests were answered, by method, route and status: a few hundred values, whatever is asked for."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, *, method: str, route: str, status: int) -> None:
        """One more."""
        self._counts[method if method in _METHODS else "other", route, str(status)] += 1

    def samples(self) -> Iterator[Sample]:
        """The values of now."""
        for labels, value in sorted(self._counts.copy().items()):
            yield Sample(metric=catalogue.HTTP_REQUESTS, labels=labels, value=value)


class RequestLog:
    """Stands before everything else, so that what is refused is told too."""

    def __init__(self, app: ASGIApp, *, site: Site, tally: RequestTally) -> None:
        self._app = app
        self._site = site
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = clock.elapsed(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            # What a handler raised was answered and logged; it is raised once more for servers that log it.
            if not status:
                raise
        finally:
            self._tell(Request(scope), status=status, seconds=clock.elapsed() - began)

    def _tell(self, request: Request, *, status: int, seconds: float) -> None:
        path = request.url.path.removeprefix(self._site.prefix)
        route = _route(request, path=path)
        self._tally.count(method=request.method, route=route, status=status)
        access = getattr(request.state, "access", None)
        tell = self._site.log.debug if path.startswith(_QUIET) else self._site.log.info
        tell(
            "request",
            method=request.method,
            path=logged_path(request, site=self._site),
            status=status,
            milliseconds=round(1000 * seconds, 1),
            address=request.client.host if request.client else None,
            actor=access.actor if access else None,
        )


def logged_path(request: Request, *, site: Site) -> str:
    """The path that was asked for, without what would let in whoever reads the log."""
    path = request.url.path.removeprefix(site.prefix)
    return _route(request, path=path) if path.startswith(_SIGNED) else path


def _route(request: Request, *, path: str) -> str:
    """The form of the address, such as `/tasks/{task_id}`; of one that there is not, nothing that was asked."""
    route = getattr(request.scope.get("route"), "path", None)
    if route is None:
        return "none"
    # A route does not know what its router was included under.
    return f"{API}{route}" if path.startswith(f"{API}/") else route
