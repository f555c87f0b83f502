"""Objects as files under one folder, for one machine without MinIO."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.keys import EARLIER_FOLDER
from mediaproc.store.atomic_write import PRIVATE, StagingFolder, sync_folder
from mediaproc.store.directory_listing import file_state, list_objects
from mediaproc.store.interface import ListedObject, ObjectFacts, Received, ignore_bytes
from mediaproc.store.transfer import (
    UploadedFile,
    copy,
    full_disk_translated,
    missing,
    require_intact,
    require_unchanged,
    whole_or_nothing,
)

# The folder of each object's checksum and type; no key can name it, since no part of a key begins with a dot.
_FACTS = ".facts"
# The file that tells the store from the empty folder that the store's disk is mounted on.
_MARKER = ".store"


class DirectoryStore:
    """One folder, whose content only its owner can read; see Store for what it promises.

    The folder is the store where it holds the marker or, from versions that left none, an object. Otherwise its disk is
    not mounted: then no object counts as missing, and all calls are Unavailable.
    """

    def __init__(self, root: Path, *, is_own: bool = False) -> None:
        """`is_own`: the folder is in the user's home, on a disk that is always there, so it needs no marker."""
        self._root = root
        self._staging = StagingFolder(root=root)
        self._is_own = is_own

    def __repr__(self) -> str:
        return f"DirectoryStore({self._root})"

    @property
    def bucket(self) -> str:
        """The folder."""
        return str(self._root)

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
        """As Store.put: on the disk under a temporary name before it gets its own."""
        facts = json.dumps({"sha256": sha256, "content_type": content_type}).encode()
        self._require_prepared()
        with UploadedFile(path) as source, self._usable(), self._staging.stage() as staged:
            copied = copy(source.read, staged.file, stop=stop, on_bytes=on_bytes)
            require_unchanged(copied.sha256, promised=sha256)
            # The facts come first: an object without them could not be checked when it is read.
            with self._staging.stage() as staged_facts:
                staged_facts.file.write(facts)
                self._staging.publish(staged_facts, place=self._place_of_facts(key))
            self._staging.publish(staged, place=self._place(key))

    def get(
        self,
        key: str,
        path: Path,
        *,
        stop: Event,
        on_bytes: Callable[[int], None] = ignore_bytes,
        most: int | None = None,
    ) -> Received:
        """As Store.get."""
        with self._opened(key) as source, whole_or_nothing(path):
            with path.open("wb") as target:
                received = copy(source.read, target, stop=stop, on_bytes=on_bytes, most=most)
            require_intact(received.sha256, promised=self._read_facts(key).get("sha256"), key=key)
        return received

    def stat(self, key: str) -> ObjectFacts | None:
        """As Store.stat."""
        with self._usable():
            try:
                status = self._place(key).stat()
            except FileNotFoundError:
                self._require_prepared()
                return None
            facts = self._read_facts(key)
        return ObjectFacts(
            size=status.st_size,
            state=file_state(status),
            sha256=facts.get("sha256"),
            content_type=facts.get("content_type", "application/octet-stream"),
        )

    def delete(self, key: str) -> None:
        """As Store.delete."""
        self._require_prepared()
        with self._usable():
            self._place(key).unlink(missing_ok=True)
            self._place_of_facts(key).unlink(missing_ok=True)

    def move(self, key: str, *, to: str) -> None:
        """As Store.move; the facts, which another program's object has not, go first."""
        self._require_prepared()
        with self._usable():
            for place, target in (
                (self._place_of_facts(key), self._place_of_facts(to)),
                (self._place(key), self._place(to)),
            ):
                with suppress(FileNotFoundError):
                    target.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
                    place.replace(target)
                    sync_folder(target.parent)

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """As Store.listed."""
        self._require_prepared()
        with self._usable():
            yield from list_objects(self._root, prefix=prefix, facts_of=self._place_of_facts)

    def arrivals(self, prefix: str, *, stop: Event) -> AbstractContextManager[Iterator[str]]:
        """As Store.arrivals; a folder tells nothing."""
        del prefix, stop
        raise PartMissing(f"The folder {self._root} tells nothing of new objects.")

    def url(self, key: str) -> str:
        """As Store.url."""
        return self._place(key).absolute().as_uri()

    def link(self, key: str, *, seconds: int, filename: str, content_type: str) -> None:
        """As Store.link; nobody else can read the folder."""

    def begin_parts(self, key: str, *, count: int, seconds: int) -> None:
        """As Store.begin_parts; nobody else can write into the folder."""

    def join_parts(self, key: str, *, name: str, size: int) -> None:
        """As Store.join_parts."""

    def local_file(self, key: str) -> Path | None:
        """As Store.local_file."""
        with self._usable():
            place = self._place(key)
            if place.is_file():
                return place
            self._require_prepared()
        return None

    def prepare(self) -> None:
        """As Store.prepare; the folder, and in it the marker."""
        with self._faults_for_a_person():
            # Its parents are not made: a path that is not there may be a disk that is not mounted, or a mistyped one.
            self._root.mkdir(mode=PRIVATE, exist_ok=True)
            self._mark()
        self.check()

    def is_prepared(self) -> bool:
        """As Store.is_prepared."""
        with self._usable():
            return self._is_the_store()

    def check(self) -> None:
        """As Store.check; also removes the files that processes which are gone left half written."""
        with self._faults_for_a_person():
            if self._is_the_store():
                # The marker is set also where only objects showed that: they may all be deleted one day.
                self._mark()
                with self._staging.stage():
                    self._staging.remove_leftovers()
            else:
                # A file without a name: the check leaves nothing in the folder, or in the one where it would be made.
                with tempfile.TemporaryFile(dir=self._root if self._root.exists() else self._root.parent):
                    pass

    def skew(self) -> float | None:
        """As Store.skew; a folder has no clock."""
        return None

    def retention(self) -> None:
        """As Store.retention."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """As Store.keys."""
        with self._usable():
            found = (path.relative_to(self._root) for path in self._root.rglob("*") if path.is_file())
            names = sorted(path.as_posix() for path in found if not path.parts[0].startswith("."))
        return (name for name in names if name.startswith(prefix))

    def _place(self, key: str) -> Path:
        """The object's file.

        Raises:
            ValueError: the key would name a file outside of the folder, or one of the store's own files.
        """
        parts = key.split("/")
        if any(not part or part.startswith(".") or "\0" in part for part in parts):
            raise ValueError(f"not an object key: {key!r}")
        place = self._root.joinpath(*parts)
        if not place.resolve().is_relative_to(self._root.resolve()):
            raise ValueError(f"an object key that leads out of the store: {key!r}")
        return place

    def _place_of_facts(self, key: str) -> Path:
        place = self._place(key).relative_to(self._root)
        return self._root / _FACTS / place.with_name(place.name + ".json")

    def _read_facts(self, key: str) -> dict[str, str]:
        with suppress(FileNotFoundError):
            facts: dict[str, str] = json.loads(self._place_of_facts(key).read_bytes())
            return facts
        return {}

    def _is_the_store(self) -> bool:
        if self._is_own or (self._root / _MARKER).exists():
            return True
        # Versions that left no marker used the earlier form of keys. Other folders prove nothing, such as a disk's own
        # lost+found.
        return any(path.is_dir() for path in self._root.glob(EARLIER_FOLDER))

    def _mark(self) -> None:
        (self._root / _MARKER).touch(mode=0o600)
        sync_folder(self._root)

    def _require_prepared(self) -> None:
        with self._usable():
            self._root.stat()
            is_the_store = self._is_the_store()
        if not is_the_store:
            raise Unavailable(
                f"The store {self._root} is empty or not mounted: mount it; where it really has lost everything, mark"
                f" it as the store again with `touch {self._root / _MARKER}`.",
                error_class=ErrorClass.STORE_UNAVAILABLE,
            )

    @contextmanager
    def _faults_for_a_person(self) -> Iterator[None]:
        try:
            with self._usable():
                yield
        except Unavailable as error:
            if error.error_class is ErrorClass.DISK_FULL:
                raise
            raise PartMissing(
                f"Objects cannot be kept under {self._root} ({_reason(error)}): mount it or make it, as a folder that"
                " this user may write to, or correct MEDIAPROC_STORE_URL."
            ) from error

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        with self._usable():
            try:
                file = self._place(key).open("rb")
            except FileNotFoundError as error:
                self._require_prepared()
                raise missing(key, bucket=f"the folder {self._root}") from error
        with file:
            yield file

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """An OSError inside becomes Unavailable: the folder may be on a disk that is not mounted yet."""
        try:
            with full_disk_translated(self._root):
                yield
        except OSError as error:
            raise Unavailable(
                f"The folder {self._root} cannot be used ({_reason(error)}): mount it, or mend its rights.",
                error_class=ErrorClass.STORE_UNAVAILABLE,
            ) from error


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    return (cause.strerror or type(cause).__name__) if isinstance(cause, OSError) else type(cause).__name__
