"""Lists what is in a watched folder: its regular files and those of its sub-folders, and no link."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mediaproc.core.settling import Arrival
from mediaproc.draft_bundle import is_draft_folder


def list_folder(
    folder: Path, *, leave_out: Path | None = None, on_closed: Callable[[OSError], object]
) -> Iterator[Arrival]:
    """Each file as an arrival, its name the path beneath the folder.

    Links, pipes and devices are no files. Hidden folders are left out, the one at `leave_out`, and a draft's folder,
    since only its author knows when all of it is there: a zip of it arrives whole. `on_closed` gets the
    error of each sub-folder that cannot be read.

    Raises:
        OSError: the folder itself cannot be read.
    """
    left_out = _identity_of(leave_out)
    folders = [""]
    while folders:
        inner = folders.pop()
        try:
            with os.scandir(folder / inner) as entries:
                for entry in entries:
                    name = os.path.join(inner, entry.name)  # noqa: PTH118 - names, of which there may be a million
                    if entry.is_dir(follow_symlinks=False):
                        if _is_entered(entry, left_out=left_out):
                            folders.append(name)
                    elif entry.is_file(follow_symlinks=False):
                        yield from _arrival(name, entry)
        except OSError as error:
            if not inner:
                raise
            on_closed(error)


def file_state(status: os.stat_result) -> str:
    """What changes when anything is done to the file, or another one takes its place."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino} {status.st_ctime_ns}"


def _is_entered(entry: "os.DirEntry[str]", *, left_out: str | None) -> bool:
    return (
        not entry.name.startswith(".")
        and _identity(entry.stat(follow_symlinks=False)) != left_out
        and not is_draft_folder(Path(entry.path))
    )


def _arrival(name: str, entry: "os.DirEntry[str]") -> Iterator[Arrival]:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        # It has just gone.
        return
    yield Arrival(
        name=name,
        identity=_identity(status),
        growth=f"{status.st_size} {status.st_mtime_ns}",
        state=file_state(status),
        size=status.st_size,
    )


def _identity(status: os.stat_result) -> str:
    return f"{status.st_dev} {status.st_ino}"


def _identity_of(folder: Path | None) -> str | None:
    try:
        return None if folder is None else _identity(folder.stat())
    except OSError:
        return None
