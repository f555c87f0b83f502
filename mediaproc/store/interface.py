"""What the rest of mediaproc asks of an object store, whichever it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from mediaproc.store.retention import Retention

# Read, hashed and written at a time; between two of them a stop is noticed.
CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a download brought: bytes counted and hashed as they were written."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ObjectFacts:
    """What the store says about an object; `sha256` is None where somebody else put it there."""

    size: int
    sha256: str | None
    content_type: str


def ignore_bytes(count: int) -> None:
    """Report progress to nobody."""


class Store(Protocol):
    """Objects by key in one bucket. Thread-safe; no message and no repr of it holds a credential.

    `on_bytes` gets the bytes moved since its last call, a negative number where some must be sent again.
    Everything but `prepare` and `check` raises Unavailable for whatever the store refuses, since a refusal is no task's
    fault.
    """

    @property
    def bucket(self) -> str:
        """Where the keys live, as the tables record it."""
        ...

    def put(
        self,
        key: str,
        path: Path,
        *,
        sha256: str,
        content_type: str,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
    ) -> None:
        """The file's bytes under the key, whole or not at all, its checksum kept with it; replaces what was there.

        Raises:
            AttemptFailed: the file has not the promised checksum (any more), or cannot be read to its end.
            Unavailable: the store, its disk, or this machine's clock.
            Stopped: `stop` was set.
        """
        ...

    def get(
        self,
        key: str,
        path: Path,
        *,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
        most: int | None = None,
    ) -> Received:
        """The object's bytes in a file at `path`, whole or no file; its size and checksum as they arrived.

        Raises:
            AttemptFailed: there is no such object, it has not the checksum that it was put with, or it is larger than
                `most` bytes, of which no more are taken.
            Unavailable: the store, or the disk here.
            Stopped: `stop` was set.
        """
        ...

    def stat(self, key: str) -> ObjectFacts | None:
        """What is known of the object, None when there is none."""
        ...

    def delete(self, key: str) -> None:
        """No such object, from now on; not an error when there was none."""
        ...

    def url(self, key: str) -> str:
        """Where a player finds the object."""
        ...

    def prepare(self) -> None:
        """As `check`, and makes the bucket where there is none and it may.

        Only for who brings sources and knows that none was kept here before: a store that went away looks like one
        that never was, and made anew it would seem to have lost every object.

        Raises:
            PartMissing: as `check`; or no bucket and no right to make one.
            Unavailable: it does not answer.
        """
        ...

    def is_prepared(self) -> bool:
        """Whether the bucket is there. Where it is not, `put`, `get` and `stat` are Unavailable, no object missing."""
        ...

    def check(self) -> None:
        """Cheap proof that objects are kept here, or could be once it is prepared; makes nothing that is not there.

        Raises:
            PartMissing: it refuses and waiting cannot mend that, such as a wrong secret.
            Unavailable: it does not answer.
        """
        ...

    def skew(self) -> float | None:
        """Seconds, to the nearest, that this machine's clock is ahead of the store's; None where it has none.

        Raises:
            Unavailable: it does not answer.
        """
        ...

    def retention(self) -> Retention | None:
        """What the bucket keeps beyond its objects; None where it keeps nothing. For doctor.

        Raises:
            Unavailable: it does not answer.
        """
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted; for tests and for doctor, never for work."""
        ...
