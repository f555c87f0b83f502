"""Which requests are let in at all, before any handler; every answer carries the security headers."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc.core.safe_text import quoted
from mediaproc.web.body_limits import limited_body
from mediaproc.web.capcut_mate.answers import is_call
from mediaproc.web.cookies import session_secret
from mediaproc.web.problem_answers import problem_response
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.rate import client_address
from mediaproc.web.security_headers import security_headers
from mediaproc.web.site import Site

# Seconds after which another server, or this one started again, may answer.
_ENDS_WITHIN = "5"
_HEALTH = frozenset({"/livez", "/readyz"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets in requests to the site's own names, of bounded size and rate, and none that another site made."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._headers = security_headers(media_origins=site.media_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; the application never sees those that are refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["root_path"] = self._site.prefix
        request = Request(scope, receive)
        send = self._with_headers(send)
        try:
            self._require_own_host(request)
            self._require_rate(request)
            self._require_not_ending(request)
            # No cookie counts there, and a body counts only as JSON, which no other site can make a browser send.
            if not is_call(request, site=self._site):
                _require_same_origin(request)
            limited = limited_body(request, receive)
        except Problem as problem:
            await problem_response(request, problem, site=self._site)(scope, receive, send)
            return
        await self._app(scope, limited, send)

    def _require_own_host(self, request: Request) -> None:
        host = request.headers.get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if not self._site.hosts & {host, name}:
            raise Problem(
                ProblemKind.WRONG_HOST,
                f"This server does not answer as {quoted(host)}: name it in MEDIAPROC_WEB_HOSTS if it shall.",
            )

    def _require_rate(self, request: Request) -> None:
        # A balancer asks these of every server, and may be the same address as all callers behind it.
        if request.url.path.removeprefix(self._site.prefix) not in _HEALTH:
            self._site.request_rate.require(client_address(request))

    def _require_not_ending(self, request: Request) -> None:
        if request.method not in _SAFE and self._site.ending.is_set():
            raise Problem(
                ProblemKind.UNAVAILABLE,
                "This server is being stopped and takes nothing on any more: ask again in a moment.",
                headers={"Retry-After": _ENDS_WITHIN},
            )

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return send_with_headers


def _require_same_origin(request: Request) -> None:
    """Passes for what changes nothing, carries a token, or comes from a page of this server.

    A browser adds the cookie to whatever any site makes it send, but no other site can give it a bearer token.
    """
    headers = request.headers
    if request.method in _SAFE or "authorization" in headers:
        return
    if session_secret(request) is None and "/api/" in request.url.path:
        # Without credentials at all it is nobody's: the handler says so.
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        is_own = site == "same-origin"
    else:
        origin = urlsplit(headers.get("origin", ""))
        is_own = bool(origin.netloc) and (origin.scheme, origin.netloc) == (request.url.scheme, request.url.netloc)
    if not is_own:
        raise Problem(ProblemKind.FOREIGN_ORIGIN, "The request was not made by a page of this server: open it there.")
