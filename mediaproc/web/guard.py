"""Which requests are let in at all, before any handler; and the headers that every answer carries."""

import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc.core.safe_text import quoted
from mediaproc.web.cookies import session_secret
from mediaproc.web.problem_answers import problem_response
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import Site

# Bytes of a request's body; uploads have limits of their own.
LARGEST_BODY = 1024 * 1024
_UPLOADS = frozenset(
    {
        ("POST", "/api/v1/uploads", "application/offset+octet-stream"),
        ("PATCH", "/api/v1/uploads/", "application/offset+octet-stream"),
        ("POST", "/upload", "multipart/form-data"),
        ("POST", "complete", "application/octet-stream"),
    }
)
_COMPLETES = re.compile(r"/api/v1/tasks/[0-9]{1,19}/complete")
# Seconds after which another server, or this one started again, may answer.
_ENDS_WITHIN = "5"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets in requests to the site's own names, of bounded size and rate, and none that another site made."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._headers = _security_headers(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; the application never sees those that are refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["root_path"] = self._site.prefix
        request = Request(scope, receive)
        dressed = self._dressed(send)
        try:
            self._require_own_host(request)
            self._require_rate(request)
            self._require_no_end(request)
            _require_same_origin(request)
            limited = _limited(request, receive)
        except Problem as problem:
            await problem_response(request, problem, site=self._site)(scope, receive, dressed)
            return
        await self._app(scope, limited, dressed)

    def _require_own_host(self, request: Request) -> None:
        host = request.headers.get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if not self._site.hosts & {host, name}:
            raise Problem(
                ProblemKind.WRONG_HOST,
                f"This server does not answer as {quoted(host)}: name it in MEDIAPROC_WEB_HOSTS if it shall.",
            )

    def _require_rate(self, request: Request) -> None:
        # A balancer's look whether it lives is counted for nobody.
        if request.url.path.endswith(("/livez", "/readyz")):
            return
        require_rate(self._site.requests.wait(client_address(request)))

    def _require_no_end(self, request: Request) -> None:
        if request.method not in _SAFE and self._site.ending.is_set():
            raise Problem(
                ProblemKind.UNAVAILABLE,
                "This server is being stopped and takes nothing on any more: ask again in a moment.",
                headers={"Retry-After": _ENDS_WITHIN},
            )

    def _dressed(self, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return dressed


def client_address(request: Request) -> str:
    """The address that the request came from; of a trusted proxy, the one that it names."""
    return request.client.host if request.client else "unknown"


def require_rate(wait: float) -> None:
    """Passes where a caller may go on.

    Raises:
        Problem: it comes too early by `wait` seconds.
    """
    if wait > 0:
        seconds = int(wait) + 1
        raise Problem(
            ProblemKind.TOO_MANY_REQUESTS,
            f"There were too many requests: try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


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


def _limited(request: Request, receive: Receive) -> Receive:
    """The body's messages, until they are more than is taken."""
    if _is_upload(request):
        return receive
    _require_small(Headers(scope=request.scope).get("content-length", "0"))
    return _counted(receive)


def _is_upload(request: Request) -> bool:
    """Whether the body is a file's bytes, which its handler reads piece by piece."""
    path = request.url.path.removeprefix(request.scope["root_path"])
    if request.method == "PATCH":
        path = path[: path.rfind("/") + 1]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if _COMPLETES.fullmatch(path):
        path = "complete"
    return (request.method, path, media_type) in _UPLOADS


def _require_small(written: str) -> None:
    if not written.isdigit() or int(written) > LARGEST_BODY:
        raise _too_large()


def _counted(receive: Receive) -> Callable[[], Awaitable[Message]]:
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise _too_large()
        return message

    return counted


def _too_large() -> Problem:
    return Problem(ProblemKind.TOO_LARGE, f"The request is too large: at most {LARGEST_BODY} bytes are read.")


def _security_headers(site: Site) -> Mapping[str, str]:
    media = " ".join(("'self'", *site.media_origins))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": media,
        "media-src": media,
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
