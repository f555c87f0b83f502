"""Tells the folder of a directory store from an empty one whose disk is not mounted, and makes it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.keys import EARLIER_FOLDER
from mediaproc.store.atomic_write import PRIVATE, StagingFolder, sync_folder
from mediaproc.store.transfer import full_disk_translated

# The file that tells the store from the empty folder that the store's disk is mounted on.
_MARKER = ".store"


@dataclass(frozen=True, kw_only=True)
class StoreFolder:
    """The folder is the store where it holds the marker or, from versions that left none, an object.

    Otherwise its disk is not mounted: then no object counts as missing, and all calls are Unavailable.
    `is_own`: the folder is in the user's home, on a disk that is always there, so it needs no marker.
    """

    root: Path
    staging: StagingFolder
    is_own: bool

    def prepare(self) -> None:
        """As Store.prepare; makes the folder, and in it the marker."""
        with self._faults_for_a_person():
            # Its parents are not made: a path that is not there may be a disk that is not mounted, or a mistyped one.
            self.root.mkdir(mode=PRIVATE, exist_ok=True)
            self._mark()
        self.check()

    def check(self) -> None:
        """As Store.check; also removes the files that processes which are gone left half written."""
        with self._faults_for_a_person():
            if self.is_the_store():
                # The marker is set also where only objects showed that: they may all be deleted one day.
                self._mark()
                with self.staging.stage():
                    self.staging.remove_leftovers()
            else:
                # A file without a name: the check leaves nothing in the folder, or in the one where it would be made.
                with tempfile.TemporaryFile(dir=self.root if self.root.exists() else self.root.parent):
                    pass

    def is_the_store(self) -> bool:
        """Whether objects are kept here; raises OSError, for `usable` to translate."""
        if self.is_own or (self.root / _MARKER).exists():
            return True
        # Versions that left no marker used the earlier form of keys. Other folders prove nothing, such as a disk's own
        # lost+found.
        return any(path.is_dir() for path in self.root.glob(EARLIER_FOLDER))

    def require_prepared(self) -> None:
        """Passes where objects are kept here.

        Raises:
            Unavailable: the folder is not there, or is not the store.
        """
        with self.usable():
            self.root.stat()
            is_the_store = self.is_the_store()
        if not is_the_store:
            raise Unavailable(
                f"The store {self.root} is empty or not mounted: mount it; where it really has lost everything, mark"
                f" it as the store again with `touch {self.root / _MARKER}`.",
                error_class=ErrorClass.STORE_UNAVAILABLE,
            )

    @contextmanager
    def usable(self) -> Iterator[None]:
        """An OSError inside becomes Unavailable: the folder may be on a disk that is not mounted yet."""
        try:
            with full_disk_translated(self.root):
                yield
        except OSError as error:
            raise Unavailable(
                f"The folder {self.root} cannot be used ({_reason(error)}): mount it, or mend its rights.",
                error_class=ErrorClass.STORE_UNAVAILABLE,
            ) from error

    def _mark(self) -> None:
        (self.root / _MARKER).touch(mode=0o600)
        sync_folder(self.root)

    @contextmanager
    def _faults_for_a_person(self) -> Iterator[None]:
        try:
            with self.usable():
                yield
        except Unavailable as error:
            if error.error_class is ErrorClass.DISK_FULL:
                raise
            raise PartMissing(
                f"Objects cannot be kept under {self.root} ({_reason(error)}): mount it or make it, as a folder that"
                " this user may write to, or correct MEDIAPROC_STORE_URL."
            ) from error


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    return (cause.strerror or type(cause).__name__) if isinstance(cause, OSError) else type(cause).__name__
