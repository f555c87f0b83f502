"""Objects as files under one folder, for one machine without MinIO."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO

from mediaproc.core.errors import PartMissing
from mediaproc.store.atomic_write import PRIVATE, StagingFolder, sync_folder
from mediaproc.store.directory_listing import file_state, list_objects
from mediaproc.store.interface import ListedObject, ObjectFacts, Received, ignore_bytes
from mediaproc.store.store_folder import StoreFolder
from mediaproc.store.transfer import (
    UploadedFile,
    copy,
    missing,
    require_intact,
    require_unchanged,
    whole_or_nothing,
)

# The folder of each object's checksum and type; no key can name it, since no part of a key begins with a dot.
_FACTS = ".facts"


class DirectoryStore:
    """One folder, whose content only its owner can read; see Store for what it promises."""

    def __init__(self, root: Path, *, is_own: bool = False) -> None:
        """`is_own`: the folder is in the user's home, on a disk that is always there, so it needs no marker."""
        self._root = root
        self._staging = StagingFolder(root=root)
        self._folder = StoreFolder(root=root, staging=self._staging, is_own=is_own)

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
        self._folder.require_prepared()
        with UploadedFile(path) as source, self._folder.usable(), self._staging.stage() as staged:
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
        with self._folder.usable():
            try:
                status = self._place(key).stat()
            except FileNotFoundError:
                self._folder.require_prepared()
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
        self._folder.require_prepared()
        with self._folder.usable():
            self._place(key).unlink(missing_ok=True)
            self._place_of_facts(key).unlink(missing_ok=True)

    def move(self, key: str, *, to: str) -> None:
        """As Store.move; the facts, which another program's object has not, go first."""
        self._folder.require_prepared()
        with self._folder.usable():
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
        self._folder.require_prepared()
        with self._folder.usable():
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
        with self._folder.usable():
            place = self._place(key)
            if place.is_file():
                return place
            self._folder.require_prepared()
        return None

    def prepare(self) -> None:
        """As Store.prepare; the folder, and in it the marker."""
        self._folder.prepare()

    def is_prepared(self) -> bool:
        """As Store.is_prepared."""
        with self._folder.usable():
            return self._folder.is_the_store()

    def check(self) -> None:
        """As Store.check; also removes the files that processes which are gone left half written."""
        self._folder.check()

    def skew(self) -> float | None:
        """As Store.skew; a folder has no clock."""
        return None

    def retention(self) -> None:
        """As Store.retention."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """As Store.keys."""
        with self._folder.usable():
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

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        with self._folder.usable():
            try:
                file = self._place(key).open("rb")
            except FileNotFoundError as error:
                self._folder.require_prepared()
                raise missing(key, bucket=f"the folder {self._root}") from error
        with file:
            yield file
