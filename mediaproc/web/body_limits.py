"""How much of a request's body is read: little, unless it is a file's bytes, whose handler has limits of its own."""

import re

from starlette.requests import Request
from starlette.types import Message, Receive

from mediaproc.web.problems import Problem, ProblemKind

# Bytes.
LARGEST_BODY = 1024 * 1024
# The requests that bring a file: method, path without the prefix, media type.
_UPLOADS = (
    ("POST", re.compile("/api/v1/uploads"), "application/offset+octet-stream"),
    ("PATCH", re.compile("/api/v1/uploads/[^/]*"), "application/offset+octet-stream"),
    ("POST", re.compile("/api/v1/tasks/[0-9]{1,19}/complete"), "application/octet-stream"),
    ("POST", re.compile("/upload"), "multipart/form-data"),
    ("POST", re.compile("/tasks/[0-9]{1,19}/complete"), "multipart/form-data"),
)


def limited_body(request: Request, receive: Receive) -> Receive:
    """What receives the request's body, and raises the same Problem once more comes than is taken.

    Raises:
        Problem: the body is to be too large, or nobody can say how large.
    """
    if _is_upload(request):
        return receive
    promised = request.headers.get("content-length", "0")
    if not promised.isdigit() or int(promised) > LARGEST_BODY:
        raise _too_large()
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise _too_large()
        return message

    return receive_limited


def _is_upload(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope["root_path"])
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return any(
        request.method == method and pattern.fullmatch(path) and media_type == taken
        for method, pattern, taken in _UPLOADS
    )


def _too_large() -> Problem:
    return Problem(ProblemKind.TOO_LARGE, f"The request is too large: at most {LARGEST_BODY} bytes are read.")
