"""The interface of an object store: what the rest of mediaproc may ask of any of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol

# The bytes that are read, hashed and written at a time; a stop is noticed between two such pieces.
CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Received:
    """The bytes of a download, counted and hashed as they were written."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ObjectFacts:
    """What the store says about an object; `sha256` is None where another program put the object there.

    `state` changes when another object takes its place.
    """

    size: int
    sha256: str | None
    content_type: str
    state: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class ListedObject:
    """An object as a listing has it; `state` as in ObjectFacts. `is_whole`: nobody writes to it any more."""

    key: str
    size: int
    state: str
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class PartLinks:
    """An upload in parts, by the store's name of it, and a URL for a PUT of each part, the first one's first."""

    name: str
    urls: tuple[str, ...]


def ignore_bytes(count: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What a bucket keeps beyond its objects: earlier versions, locks, unfinished uploads.

    Each is None where the access key may not read it.
    `ends_uploads`: the server itself, or a rule of the bucket, throws away the parts that a killed upload leaves.
    """

    is_versioned: bool | None
    has_versions_expire: bool | None
    is_locked: bool | None
    ends_uploads: bool | None


class Store(Protocol):
    """Objects by key in one bucket. Thread-safe; no message and no repr of it holds a credential.

    `on_bytes` gets the number of bytes moved since its last call, a negative one where bytes must be sent again.
    All methods but `prepare` and `check` raise Unavailable for any refusal of the store, since a refusal is no task's
    fault.
    """

    @property
    def bucket(self) -> str:
        """The bucket's name as the tables record it; for a directory its path."""
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
        """Keeps the file's bytes under the key, whole or not at all, with their checksum; replaces an earlier object.

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
        """Writes the object's bytes to a file at `path`, all or no file; returns the size and checksum received.

        Raises:
            AttemptFailed: there is no such object, it has not the checksum that it was put with, or it is larger than
                `most` bytes; then no more than `most` are read.
            Unavailable: the store, or this machine's disk.
            Stopped: `stop` was set.
        """
        ...

    def stat(self, key: str) -> ObjectFacts | None:
        """What the store says about the object, None when there is none."""
        ...

    def delete(self, key: str) -> None:
        """Removes the object; no error when there was none."""
        ...

    def move(self, key: str, *, to: str) -> None:
        """Gives the object another key, in the store itself; replaces an object that has it."""
        ...

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """The objects whose keys begin with `prefix`, read as they are needed; in no order."""
        ...

    def arrivals(self, prefix: str, *, stop: Event) -> AbstractContextManager[Iterator[str]]:
        """The keys under the prefix, each as its object is put there, while the block lasts and `stop` is not set.

        It ends when the connection is lost; it tells nothing of what was there before, and promises nothing: whoever
        wants every object lists them too.

        Raises:
            PartMissing: the store tells nothing of new objects, and waiting cannot mend that.
            Unavailable: the store does not answer, or holds back what it tells.
        """
        ...

    def url(self, key: str) -> str:
        """Where a player finds the object."""
        ...

    def link(self, key: str, *, seconds: int, filename: str, content_type: str) -> str | None:
        """A URL by which whoever has it may download the object for so long, and nothing else.

        The answer to it has this type, and asks to be kept under this name. None where only this machine has the object
        (`local_file`).
        """
        ...

    def begin_parts(self, key: str, *, count: int, seconds: int) -> PartLinks | None:
        """Let somebody else put the object, in so many parts, by links that work for so long; None where none can.

        The store itself forgets parts that are never joined.
        """
        ...

    def join_parts(self, key: str, *, name: str, size: int) -> int | None:
        """Make the object of parts that were begun under this name, if they have `size` bytes in all.

        Returns how many they have; None where there are no parts, or no more.
        """
        ...

    def local_file(self, key: str) -> Path | None:
        """The object's file; None where it is not there, or the store is another machine."""
        ...

    def prepare(self) -> None:
        """As `check`, and makes the bucket where there is none and the access key may make it.

        Only for a caller that brings sources and knows that no object was kept here before: a store whose disk is away
        looks like a new one, and made anew it would seem to have lost every object.

        Raises:
            PartMissing: as `check`; or no bucket and no right to make one.
            Unavailable: the store does not answer.
        """
        ...

    def is_prepared(self) -> bool:
        """Whether the bucket is there; where it is not, `put`, `get` and `stat` raise Unavailable for any object."""
        ...

    def check(self) -> None:
        """Cheap proof that the store keeps objects, or could once it is prepared; makes no bucket and no folder.

        Raises:
            PartMissing: the store refuses and waiting cannot mend that, such as a wrong secret.
            Unavailable: the store does not answer.
        """
        ...

    def skew(self) -> float | None:
        """Seconds, exact to one, by which this machine's clock is ahead of the store's; None where that has no clock.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def retention(self) -> Retention | None:
        """What the bucket keeps beyond its objects, for doctor; None where it keeps nothing.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted; for tests and for doctor, never for work."""
        ...
