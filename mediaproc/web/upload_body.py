"""Reads the body of a request into an upload: piece by piece, by few threads, and never more of it than one piece."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import ClientDisconnect, Request

from mediaproc import clock
from mediaproc.enqueue.resumable import UploadWriter
from mediaproc.web.problems import Problem, ProblemKind

_Answer = TypeVar("_Answer")

# Bytes that are gathered before a thread takes them, and the seconds after which it takes fewer.
_PIECE = 1024 * 1024
_TAKEN_EVERY = 5.0
# Seconds without a byte after which a client counts as gone.
_SILENCE = 30.0
# Uploads that write to disk and store at a time: a slow store holds these threads, and none of the other handlers'.
_THREADS = 8
_limiter: RunVar[CapacityLimiter] = RunVar("upload-threads")


async def in_upload_thread(function: Callable[..., _Answer], /, **arguments: object) -> _Answer:
    """What the function answers, which may wait for the disk, the database and the store."""
    limiter = _limiter.get(None)
    if limiter is None:
        limiter = CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    return await to_thread.run_sync(partial(function, **arguments), limiter=limiter)


async def receive(pieces: AsyncIterator[bytes], *, writer: UploadWriter, ends_here: bool = False) -> None:
    """Write all that comes, and close the writer; of a client that goes away, what had come is kept.

    With `ends_here` the upload has ended with it, whose size was not known.

    Raises:
        UploadRefused, Unavailable, PartMissing, Stopped: as `UploadWriter.write`.
        Problem: nothing came any more.
        ClientDisconnect: the client went away.
    """
    gathered = bytearray()
    taken_at = clock.elapsed()
    try:
        async for piece in pieces:
            gathered += piece
            if len(gathered) >= _PIECE or clock.elapsed() - taken_at > _TAKEN_EVERY:
                await in_upload_thread(partial(writer.write, bytes(gathered)))
                gathered.clear()
                taken_at = clock.elapsed()
        await in_upload_thread(partial(writer.write, bytes(gathered)))
        if ends_here:
            await in_upload_thread(writer.end_here)
    except (ClientDisconnect, Problem):
        await in_upload_thread(partial(_close_cut, writer, bytes(gathered)))
        raise
    except BaseException:
        await in_upload_thread(writer.close, is_cut=True)
        raise
    await in_upload_thread(writer.close)


def _close_cut(writer: UploadWriter, gathered: bytes) -> None:
    try:
        writer.write(gathered)
    finally:
        writer.close(is_cut=True)


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The pieces of the request's body as they come.

    Raises:
        Problem: none came for a while.
        ClientDisconnect
    """
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Problem(
                ProblemKind.TIMED_OUT, f"No byte came for {_SILENCE:.0f} s: go on with the upload where it stands."
            ) from None
        yield piece
