"""Whether the store keeps objects."""

from collections.abc import Iterator

from sqlalchemy import Engine

from mediaproc import clock
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable
from mediaproc.db.faults import translated
from mediaproc.db.files import knows_objects
from mediaproc.doctor.findings import REACH, Finding, State, clock_finding, fine, missing
from mediaproc.store.proof import prove
from mediaproc.store.protocol import Store


def is_new(store: Store, *, engine: Engine) -> bool:
    """Whether nothing was ever kept in the store, as the database has it; a database that cannot tell denies it."""
    try:
        with translated(), engine.begin() as connection:
            return not knows_objects(connection, bucket=store.bucket)
    except (PartMissing, Unavailable):
        return False


def examine_store(store: Store, *, may_be_new: bool) -> Iterator[Finding]:
    """Whether an object can be written, read and removed; one that `may_be_new` need not be there yet."""
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
        prove(store)
        took = clock.elapsed() - begun
        ahead = store.skew()
    except MediaprocError as error:
        yield missing("store", error, otherwise=REACH.format("where that sentence says", setting="STORE"))
    else:
        yield fine("store", f"bucket {store.bucket}: written, read and deleted in {1000 * took:.0f} ms")
        if ahead is not None:
            yield clock_finding(ahead, of="store")
