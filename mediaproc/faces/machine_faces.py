"""The faces that this machine has: found once in a process, where a text first needs one."""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

from mediaproc.core.captions.chosen import AvailableFace
from mediaproc.core.faces import UnusableFace, count_faces, largest_copy, read_face
from mediaproc.core.faces.face import Face

# Where distributions and people put them; below the home directory of whoever runs the process, too.
SYSTEM_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_OWN_FOLDERS = (".local/share/fonts", ".fonts")
_ENDS = (".ttf", ".otf", ".ttc", ".otc")
_MOST_FILES = 5_000

# What is near a regular or a bold face; thin, black, condensed ones are no stand-ins for another.
_REGULAR, _BOLD = range(350, 501), range(600, 801)
_USUAL_WIDTH = 5


def machine_faces() -> Sequence[AvailableFace]:
    """The upright and italic, regular and bold faces of this machine, by their paths."""
    return faces_below((*SYSTEM_FOLDERS, *(Path.home() / folder for folder in _OWN_FOLDERS)))


@cache
def faces_below(folders: tuple[Path, ...]) -> Sequence[AvailableFace]:
    """The same of these folders; what is no face, or cannot be read, is passed over."""
    files = islice(_files(folders), _MOST_FILES)
    return tuple(face for path in files for face in _faces(path))


def _files(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        for parent, below, names in os.walk(folder):
            below.sort()
            yield from (Path(parent, name) for name in sorted(names) if name.lower().endswith(_ENDS))


def mapped(path: Path) -> memoryview:
    """The content of a file, read where it is looked at; let go of with the last part of it.

    Raises:
        OSError: it cannot be read. ValueError: it is empty.
    """
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _faces(path: Path) -> Iterator[AvailableFace]:
    try:
        if path.is_file():
            yield from _of_file(path, mapped(path))
    except (OSError, ValueError, UnusableFace):
        return


def _of_file(path: Path, data: memoryview) -> Iterator[AvailableFace]:
    for index in range(count_faces(data)):
        with suppress(UnusableFace):
            face = read_face(data, index=index)
            if _is_plain(face):
                size = largest_copy(data, index=index, characters=face.characters)
                yield AvailableFace(face=face, path=str(path), index=index, size=size)


def _is_plain(face: Face) -> bool:
    return face.width == _USUAL_WIDTH and face.weight in (_BOLD if face.is_bold else _REGULAR)
