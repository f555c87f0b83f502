"""Recognises a duplicate: a source whose bytes are stored already, found by their SHA-256 and never by name or size."""

from mediaproc.db import files
from mediaproc.db.database import Database
from mediaproc.db.files import StoredFile
from mediaproc.enqueue.source_file import SourceFile
from mediaproc.store.interface import Store


def find_stored_file(source: SourceFile, *, database: Database, store: Store) -> StoredFile | None:
    """The stored file of the same bytes as the database knows it, None without one in this bucket."""
    return _known(source.sha256, database=database, store=store)


def is_object_whole(known: StoredFile, *, source: SourceFile, store: Store) -> bool:
    """Whether the store really has the object that the database names, whole; a lost object is uploaded again."""
    return _is_whole(known, sha256=source.sha256, size=source.size, store=store)


def stored_place(sha256: str, *, size: int, database: Database, store: Store) -> StoredFile | None:
    """Where the store really has the bytes, whole; None where they must be uploaded."""
    known = _known(sha256, database=database, store=store)
    return known if known and _is_whole(known, sha256=sha256, size=size, store=store) else None


def _known(sha256: str, *, database: Database, store: Store) -> StoredFile | None:
    with database.read() as connection:
        known = files.find_stored(connection, file_id=sha256)
    # A site that has another store now reads objects only there.
    return known if known and known.bucket == store.bucket else None


def _is_whole(known: StoredFile, *, sha256: str, size: int, store: Store) -> bool:
    facts = store.stat(known.object_key)
    return facts is not None and facts.size == size and facts.sha256 in {None, sha256}
