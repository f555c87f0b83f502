"""Lists what lies in a folder of a directory store, whoever put it there; no link is followed."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from mediaproc.store.interface import ListedObject


def list_objects(root: Path, *, prefix: str, facts_of: Callable[[str], Path]) -> Iterator[ListedObject]:
    """The files whose keys begin with the prefix, in no order; hidden ones are no objects.

    What the store itself put there has facts, and is whole. Anything else may still be written.
    """
    for parent, folders, files in os.walk(root / prefix.rpartition("/")[0]):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(parent, name) for name in files if not name.startswith(".")):
            key = path.relative_to(root).as_posix()
            if not key.startswith(prefix) or path.is_symlink() or not path.is_file():
                continue
            # It may have just gone.
            with suppress(FileNotFoundError):
                status = path.stat()
                yield ListedObject(
                    key=key, size=status.st_size, state=file_state(status), is_whole=facts_of(key).exists()
                )


def file_state(status: os.stat_result) -> str:
    """What changes when something writes to the file, or another one takes its place."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
