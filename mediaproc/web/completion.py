"""Completes a task with a file that was made elsewhere, as its bytes come over HTTP, for a caller who may."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from mediaproc import app as composition
from mediaproc.acts import completion
from mediaproc.acts.completion import Completed, Workshop
from mediaproc.core.access import Access
from mediaproc.scratch import Scratch
from mediaproc.store.transfer import full_disk_translated
from mediaproc.web.entity_tag import require_match
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.site import Site
from mediaproc.web.tenant_bounds import require_own, task_seen
from mediaproc.web.upload_body import in_upload_thread


@asynccontextmanager
async def received_completion(
    pieces: AsyncIterator[bytes], *, site: Site, access: Access, task_id: int, if_match: str | None = None
) -> AsyncIterator[Callable[[], Completed]]:
    """Inside the block the file is there: the act that verifies it, uploads it and settles the task, for a thread.

    Raises:
        Problem: the caller may not, the task is not there or not as `if_match` says; the file is larger than any upload
            may be, or no byte comes any more.
        Unavailable, PartMissing: a part does not answer, or the disk is full.
    """
    workshop = await in_upload_thread(_prepared, site=site, access=access, task_id=task_id, if_match=if_match)
    scratch = await in_upload_thread(Scratch, root=workshop.scratch, executor_id=uuid4())
    try:
        file = scratch.folder / "rendition"
        await _receive(pieces, file, most=workshop.limits.max_size)
        yield partial(completion.complete, workshop, task_id=task_id, file=file, actor=access.actor, told_as="The file")
    finally:
        # By a thread: to remove a large file takes a while, in which nobody else would be answered.
        await in_upload_thread(scratch.close)


def _prepared(site: Site, access: Access, task_id: int, if_match: str | None) -> Workshop:
    """What the file is verified with, for those who may change the task."""
    with site.read() as connection:
        require_own(task_seen(connection, task_id, access=access), access=access)
        require_match(connection, task_id, access=access, if_match=if_match)
    site.parts.store.check()
    return composition.make_workshop(site.parts)


async def _receive(pieces: AsyncIterator[bytes], file: Path, *, most: int) -> None:
    received = 0
    with full_disk_translated(file.parent), file.open("wb") as kept:
        async for piece in pieces:
            received += len(piece)
            if received > most:
                raise Problem(ProblemKind.TOO_LARGE, f"The file is too large: at most {most} bytes are taken.")
            await in_upload_thread(partial(kept.write, piece))
