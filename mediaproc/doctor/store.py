"""Examines the store: whether it keeps objects, and what it keeps of deleted ones."""

from collections.abc import Iterator
from dataclasses import asdict

from mediaproc import clock
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable
from mediaproc.db.database import Database
from mediaproc.db.files import knows_objects
from mediaproc.doctor.findings import REACH, Finding, State, clock_finding, fine, missing
from mediaproc.store.interface import Retention, Store
from mediaproc.store.write_check import run_write_check


def is_new(store: Store, *, database: Database) -> bool:
    """Whether the database knows of no object in the store; False where the database does not answer."""
    try:
        with database.read() as connection:
            return not knows_objects(connection, bucket=store.bucket)
    except (PartMissing, Unavailable):
        return False


def examine_store(store: Store, *, may_be_new: bool) -> Iterator[Finding]:
    """The findings on writing, reading and removing an object; a store that `may_be_new` need not be there yet."""
    begun = clock.elapsed()
    try:
        store.check()
        if may_be_new and not store.is_prepared():
            yield Finding(
                part="store",
                state=State.WARNING,
                fact=f"bucket {store.bucket}: not there yet",
                remedy="The first enqueue makes it. If it is on a disk of its own, see that this is mounted.",
            )
            return
        run_write_check(store)
        took = clock.elapsed() - begun
        ahead = store.skew()
        retention = store.retention()
    except MediaprocError as error:
        yield missing("store", error, otherwise=REACH.format("where that sentence says", setting="STORE"))
    else:
        yield fine("store", f"bucket {store.bucket}: written, read and deleted in {1000 * took:.0f} ms")
        if ahead is not None:
            yield clock_finding(ahead, of="store")
        if retention is not None:
            yield from _kept_beyond_objects(retention)


def _kept_beyond_objects(retention: Retention) -> Iterator[Finding]:
    """The findings on what stays on the disk of objects that were deleted."""
    found = list(_leftovers(retention))
    yield from found
    unknown = [name for name, asked in asdict(retention).items() if asked is None]
    if unknown:
        yield fine(
            "store keeps", "not known: the access key may not ask for versioning, object lock and lifecycle rules"
        )
    elif not found:
        yield fine("store keeps", "nothing of what was deleted for good")


def _leftovers(retention: Retention) -> Iterator[Finding]:
    if retention.is_locked:
        yield _leftover(
            "object lock is on: what mediaproc deletes stays for as long as the lock says",
            "Make a bucket without it and name that in MEDIAPROC_STORE_URL: a lock cannot be taken off a bucket.",
        )
    if retention.is_versioned and retention.has_versions_expire is False:
        yield _leftover(
            "the bucket is versioned, and no rule ends earlier versions: every deleted object is kept",
            "Set the lifecycle rules of docs/how-to/keep-objects-in-minio.md (NoncurrentVersionExpiration).",
        )
    if retention.ends_uploads is False:
        yield _leftover(
            "no rule ends unfinished uploads: unless the server does so by itself, those of killed uploads stay",
            "Set a lifecycle rule AbortIncompleteMultipartUpload with DaysAfterInitiation 1 for the whole bucket.",
        )


def _leftover(fact: str, remedy: str) -> Finding:
    return Finding(part="store keeps", state=State.WARNING, fact=fact, remedy=remedy)
