"""Puts a file away that was taken: into another folder under the same name, or out of the world."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mediaproc.core.errors import WrongUse
from mediaproc.core.settling import Arrival, numbered
from mediaproc.enqueue.safe_open import folder_beneath
from mediaproc.watching.folder_listing import file_state

# How many files of one name may lie in one folder.
_MOST_OF_A_NAME = 10_000


class PuttingAway(Protocol):
    """What becomes of a file that was taken."""

    def put_away(self, arrival: Arrival) -> None:
        """Put the file away, unless something has written to it or another one has taken its place.

        No link beneath the watched folder is followed: where a folder of that path was exchanged for one, the file that
        it leads to stays.

        Raises:
            BadSource: a link stands in its path.
            OSError: it cannot be put away.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Removal:
    """Removes it."""

    folder: Path

    def put_away(self, arrival: Arrival) -> None:
        """As PuttingAway.put_away."""
        path = Path(arrival.name)
        with folder_beneath(self.folder, name=path.parent) as within:
            if _is_still(arrival, within=within):
                os.unlink(path.name, dir_fd=within)


@dataclass(frozen=True, kw_only=True)
class MoveTo:
    """Moves it into the folder `to`, on the same disk, under its path beneath the watched one; replaces nothing."""

    folder: Path
    to: Path

    def put_away(self, arrival: Arrival) -> None:
        """As PuttingAway.put_away."""
        path = Path(arrival.name)
        with (
            folder_beneath(self.folder, name=path.parent) as within,
            folder_beneath(self.to, name=path.parent, makes=True) as target,
        ):
            if not _is_still(arrival, within=within):
                return
            free = _free_name(path.name, within=target)
            try:
                os.rename(path.name, free, src_dir_fd=within, dst_dir_fd=target)
            except OSError:
                with suppress(OSError):
                    os.unlink(free, dir_fd=target)
                raise


def move_to(to: Path, *, folder: Path) -> MoveTo:
    """What moves files from the watched folder to another; that is made, where it is missing.

    Raises:
        WrongUse: it cannot be made, is the watched folder itself, or lies on another disk.
    """
    try:
        to.mkdir(exist_ok=True)
        there, here = to.stat(), folder.stat()
    except OSError as error:
        raise WrongUse(f"The folder {to} of --move-to cannot be made ({error.strerror}): name another.") from error
    if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
        raise WrongUse(f"The folder {to} of --move-to is the watched one: name another.")
    if there.st_dev != here.st_dev:
        raise WrongUse(
            f"The folder {to} of --move-to is on another disk than the watched one, so that no file could be moved in"
            " one step: name one on the same disk, beside it or inside it."
        )
    return MoveTo(folder=folder, to=to)


def _is_still(arrival: Arrival, *, within: int) -> bool:
    try:
        return file_state(os.stat(Path(arrival.name).name, dir_fd=within, follow_symlinks=False)) == arrival.state
    except FileNotFoundError:
        return False


def _free_name(name: str, *, within: int) -> str:
    """A name that is free in the folder, with an empty file to hold it: `film.avi`, else `film-2.avi`, and so on."""
    for number in range(1, _MOST_OF_A_NAME):
        tried = numbered(name, number)
        with suppress(FileExistsError):
            os.close(os.open(tried, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600, dir_fd=within))
            return tried
    raise FileExistsError(f"there are {_MOST_OF_A_NAME} files of this name")
