"""Uploads whose bytes go to the store itself, in parts, by links that it honours: begun and completed here."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from mediaproc.core.keys import upload_chunk_key
from mediaproc.db import resumable_uploads, upload_chunks
from mediaproc.db.database import Database
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.db.upload_chunks import AnnouncedParts
from mediaproc.enqueue.resumable.lease import LEASE
from mediaproc.enqueue.resumable.refusals import Refusal, UploadRefused
from mediaproc.store.interface import Store

# Bytes of the smallest part, and the most parts: a store lists so many at a time.
_LEAST_PART, _MOST_PARTS = 8 * 1024 * 1024, 1000
# Seconds for which the links of the parts work.
LINKS_WORK_FOR = 6 * 3600


@dataclass(frozen=True, kw_only=True)
class PresignedUpload:
    """Each URL takes a PUT of the next `part_size` bytes; the last one takes what is left."""

    upload: ResumableUpload
    part_size: int
    urls: tuple[str, ...]

    @property
    def urls_expire_at(self) -> datetime:
        """Until when the links work at least: they are signed after the upload has begun."""
        return self.upload.created_at + timedelta(seconds=LINKS_WORK_FOR)


def presign(database: Database, store: Store, *, upload: ResumableUpload, size: int) -> PresignedUpload:
    """The links for an upload that has just begun.

    Raises:
        UploadRefused: the store has no such links.
        Unavailable, PartMissing: database or store.
    """
    part_size = max(_LEAST_PART, math.ceil(size / _MOST_PARTS))
    writer = uuid4()
    by: dict[str, Any] = {"upload_id": upload.id, "writer": writer}
    with database.write() as connection:
        # The row names the object before the store knows of it.
        resumable_uploads.begin_writing(connection, **by, offset=0, lease=LEASE)
        upload_chunks.announce(connection, **by, start=0)
    links = store.begin_parts(
        upload_chunk_key(upload.id, start=0, writer=writer),
        count=math.ceil(size / part_size),
        seconds=LINKS_WORK_FOR,
    )
    with database.write() as connection:
        if links is not None:
            upload_chunks.name_parts(connection, **by, start=0, parts_name=links.name)
        resumable_uploads.stop_writing(connection, **by)
    if links is None:
        raise UploadRefused(
            Refusal.NO_LINKS, "This site keeps objects in a folder, which gives no links: upload by tus instead."
        )
    return PresignedUpload(upload=upload, part_size=part_size, urls=links.urls)


def complete(database: Database, store: Store, *, upload: ResumableUpload) -> None:
    """Make the object of its parts, once all of them are there; the upload is received then.

    Raises:
        UploadRefused: its bytes do not go to the store itself; or not all of them are there; or somebody else does it.
        Unavailable, PartMissing: database or store; the next call goes on from there.
    """
    with database.read() as connection:
        parts = upload_chunks.parts_of(connection, upload_id=upload.id)
    if parts is None or upload.size is None:
        raise UploadRefused(Refusal.NO_LINKS, "The bytes of this upload come by tus, whose last one completes it.")
    with database.write() as connection:
        if not resumable_uploads.begin_writing(
            connection, upload_id=upload.id, writer=parts.writer, offset=0, lease=LEASE
        ):
            raise UploadRefused(Refusal.BUSY, "Somebody else completes this upload: ask what became of it.")
    try:
        _join(store, upload=upload, parts=parts, size=upload.size)
        whole: dict[str, Any] = {"upload_id": upload.id, "start": 0, "writer": parts.writer, "size": upload.size}
        with database.write() as connection:
            if resumable_uploads.advance(connection, **whole, lease=LEASE):
                upload_chunks.keep(connection, **whole)
    finally:
        with database.write() as connection:
            resumable_uploads.stop_writing(connection, upload_id=upload.id, writer=parts.writer)


def _join(store: Store, *, upload: ResumableUpload, parts: AnnouncedParts, size: int) -> None:
    key = upload_chunk_key(upload.id, start=0, writer=parts.writer)
    arrived = store.join_parts(key, name=parts.parts_name, size=size)
    if arrived is None:
        # Joined by a server that died before it could say so.
        facts = store.stat(key)
        arrived = facts.size if facts else 0
    if arrived != size:
        raise UploadRefused(
            Refusal.WRONG_OFFSET,
            f"The store has {arrived} bytes of the {size} that were promised: send the other parts.",
        )
