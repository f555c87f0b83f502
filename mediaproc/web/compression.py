"""Answers of text are sent compressed to whoever takes them so; films and events are not."""

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COMPRESSED = ("text/html", "application/json", "application/problem+json", "text/plain")
# Bytes: what is smaller gains nothing.
_LEAST = 1024
# Beyond it each step takes more time than it saves bytes.
_LEVEL = 5


class Compression:
    """Compresses answers that come in one piece; what is streamed goes through as it comes.

    No other site reads a secret from the length of an answer: a browser adds our cookie to no request of theirs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None

        async def compressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _is_text(message):
                begun = message
                return
            if begun is not None:
                started, begun = begun, None
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    message = _in_one_piece(started, message)
                await send(started)
            await send(message)

        await self._app(scope, receive, compressed)


def _is_text(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type", "").startswith(_COMPRESSED) and "content-encoding" not in headers


def _in_one_piece(start: Message, body: Message) -> Message:
    """The body compressed, and the headers that say so, where it is worth it."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    content = body.get("body", b"")
    if len(content) < _LEAST:
        return body
    content = gzip.compress(content, compresslevel=_LEVEL, mtime=0)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(content))
    # It is the same answer, and no longer the same bytes.
    if headers.get("etag", "").startswith('"'):
        headers["ETag"] = f"W/{headers['ETag']}"
    return {**body, "body": content}
