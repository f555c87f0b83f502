"""The cookie that carries a login."""

from starlette.requests import Request
from starlette.responses import Response

_NAME = "mediaproc"


def session_secret(request: Request) -> str | None:
    """The secret of the login that the browser sent, which may be none any more."""
    return request.cookies.get(_name(request))


def set_session(request: Request, response: Response, secret: str) -> None:
    """Let the browser send this secret from here on, until it is closed; no script can read it."""
    response.set_cookie(
        _name(request),
        secret,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def delete_session(request: Request, response: Response) -> None:
    """Let the browser forget the secret."""
    response.delete_cookie(
        _name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    # A browser takes a name with this beginning only from https, and from no other host of the same domain.
    return f"__Host-{_NAME}" if request.url.scheme == "https" else _NAME
