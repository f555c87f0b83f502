"""Stores a bundle as a source, as `enqueue` does: its row is there before its bytes, so that the sweep finds them."""

from pathlib import Path
from threading import Event

from mediaproc.core.expected_cost import cost_of_unknown
from mediaproc.core.keys import source_key
from mediaproc.core.source_type import DRAFT
from mediaproc.core.task import FollowUp
from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.files import NewFile
from mediaproc.draft_download.receipt import sha256_of
from mediaproc.enqueue.duplicates import stored_place
from mediaproc.enqueue.unfinished_uploads import UploadKeepAlive
from mediaproc.store.interface import Store, ignore_bytes

# The profile of the task that goes on with the bundle.
_PROFILE = "draft"


def upload_bundle(bundle: Path, *, filename: str, database: Database, store: Store, stop: Event) -> FollowUp:
    """The bundle as the source of a task that is to come; what the store has already is not sent again.

    Raises:
        Unavailable, PartMissing: database or store.
        Stopped: `stop` was set.
    """
    sha256, size = sha256_of(bundle), bundle.stat().st_size
    known = stored_place(sha256, size=size, database=database, store=store)
    key = known.object_key if known else source_key(sha256, extension=DRAFT.extension)
    file = NewFile(
        id=sha256, filename=filename, bucket=store.bucket, object_key=key, mime_type=DRAFT.mime_type, size=size
    )
    # Of a stored file it changes nothing, and shows that this executor has the rights which the settle needs.
    with database.write() as connection:
        files.begin_upload(connection, file=file)
    if known is None:
        store.put(
            key,
            bundle,
            sha256=sha256,
            content_type=DRAFT.mime_type,
            stop=stop,
            on_bytes=UploadKeepAlive(database, file_id=sha256, on_bytes=ignore_bytes),
        )
    return FollowUp(
        file_id=sha256,
        filename=filename,
        bucket=store.bucket,
        object_key=key,
        profile=_PROFILE,
        cost=cost_of_unknown(size),
        is_duplicate=known is not None,
    )
