"""The room of an attempt: the folder in which steps find their inputs by bare names, and leave what they make."""

import re
from collections.abc import Mapping
from pathlib import Path

from mediaproc.ffmpeg.sandbox import FACES_OF_THE_ROOM

# Names of ours only, with one folder at the most (`fonts/f01.ttf`): none leads out of the room, none is a pattern or
# an option to ffmpeg, none needs escaping in a filter graph.
_NAME = re.compile(r"(?:[a-z0-9_]{1,64}/)?[a-z0-9_][a-z0-9_.]{0,63}")

# The library of faces looks into this folder alone, and not where the machine has its own.
_FACES = '<fontconfig><dir prefix="cwd">fonts</dir></fontconfig>\n'


def room_in(folder: Path) -> Path:
    """The room of the attempt whose private folder this is; it may not be there yet."""
    return folder / "room"


def place_in(room: Path, name: str) -> Path:
    """Where the room has, or is to have, the file of this name; its folder is made.

    Raises ValueError for a name that is none of ours.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name for a file of a room")
    place = room / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def write_texts(room: Path, texts: Mapping[str, str]) -> None:
    """Write a plan's texts; those of an earlier plan of the attempt are replaced."""
    room.mkdir(exist_ok=True)
    for name, text in {**texts, FACES_OF_THE_ROOM: _FACES}.items():
        place_in(room, name).write_text(text, encoding="utf-8", newline="")
