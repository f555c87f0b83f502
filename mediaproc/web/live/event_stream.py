"""A stream as an answer, in the form of server-sent events."""

import asyncio
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.db.views.tasks import TaskLine
from mediaproc.json_form import json_text
from mediaproc.web.live.board import Entry
from mediaproc.web.live.hub import Hub, News
from mediaproc.web.live.streams import Stream

# Seconds: of one stream, after which its reader comes again; between two signs of life; that a reader may take to read.
LONGEST, COMMENT_EVERY, READ_WITHIN = 300.0, 15.0, 60.0
# Milliseconds after which a reader comes again, which differ, so that not all come at once.
_RETRY_AFTER, _RETRY_SPREAD = 1000, 2000

# nginx would keep back what is meant for now.
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept-Encoding"}

_LINE_BREAK = re.compile("\r\n|\r|\n")

# Writes the state of a thing for a reader; None where it is told nothing of it.
Form = Callable[[Entry], str | None]


def as_json(entry: Entry) -> str:
    """As the API tells it, in the form that every other answer has."""
    return json_text(entry.state)


class EventStream(Response):
    """An answer that goes on until its reader goes, or is to come again."""

    def __init__(self, stream: Stream, *, hub: Hub, form: Form, form_name: str, log: FilteringBoundLogger) -> None:
        """The stream is open; it is closed when the answer ends. Streams of one `form_name` share what was written."""
        super().__init__(headers=_HEADERS, media_type="text/event-stream")
        del self.headers["content-length"]
        self._stream = stream
        self._hub = hub
        self._form = form
        self._form_name = form_name
        self._log = log
        self._compressor: zlib._Compress | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is to tell, in a task that ends with the reader's connection."""
        stream = self._stream
        stream.begin()
        watch = asyncio.create_task(_end_with_reader(stream, receive))
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            self.headers["Content-Encoding"] = "gzip"
            self._compressor = _small_compressor()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            retry_after = _RETRY_AFTER + int(randomness.random_fraction() * _RETRY_SPREAD)
            await self._write(send, f"retry: {retry_after}\n\n")
            await self._go_on(send)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            # The server closes the connection of an answer that has no end.
            self._log.info("live_reader_left_behind", actor=stream.access.actor)
        finally:
            watch.cancel()
            self._hub.close(stream)

    async def _go_on(self, send: Send) -> None:
        stream = self._stream
        until, was_stale = clock.elapsed() + LONGEST, False
        while not stream.is_over and (left := until - clock.elapsed()) > 0:
            if not await stream.news(within=min(left, COMMENT_EVERY)):
                await self._write(send, ":\n\n")
            elif not stream.is_over:
                news = self._hub.take(stream)
                await self._write(send, "".join(self._events(news, was_stale=was_stale)))
                was_stale = news.is_stale

    def _events(self, news: News, *, was_stale: bool) -> Iterator[str]:
        if news.is_stale and not was_stale:
            yield _event("away", "{}")
        if news.is_reset:
            yield _event("reset", "{}", event_id=self._hub.event_id(0))
        for entry in news.entries:
            text = self._text(entry)
            if text is not None:
                yield _event(entry.key.kind, text, event_id=self._hub.event_id(entry.number))

    def _text(self, entry: Entry) -> str | None:
        task = entry.state if isinstance(entry.state, TaskLine) else None
        known = self._stream.known_as.get(task.id) if task else None
        if task is None or known is None:
            return entry.text(self._form_name, self._form)
        # What is written for all others tells the name that another tenant gave the file.
        return self._form(replace(entry, state=replace(task, filename=known.filename, tenant=known.tenant)))

    async def _write(self, send: Send, text: str) -> None:
        """Wait until the reader has room for it: what is not read is kept nowhere.

        Raises:
            TimeoutError: it does not read.
        """
        if not text:
            return
        body = text.encode()
        if self._compressor is not None:
            body = self._compressor.compress(body) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        async with asyncio.timeout(READ_WITHIN):
            await send({"type": "http.response.body", "body": body, "more_body": True})


def _small_compressor() -> "zlib._Compress":
    """Rows are much alike, so that each costs a fraction of its text; with 4 KiB to look back on it takes 32 KiB."""
    return zlib.compressobj(level=6, wbits=16 + 12, memLevel=5)


async def _end_with_reader(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


def _event(name: str, data: str, *, event_id: str | None = None) -> str:
    # A line break would end the field; what was written has none but between its lines.
    lines = "".join(f"data: {line}\n" for line in _LINE_BREAK.split(data))
    number = f"id: {event_id}\n" if event_id else ""
    return f"event: {name}\n{number}{lines}\n"
