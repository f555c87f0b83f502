"""Slices of a film become one: their packets as they are, one slice behind the other, each picture in its own time."""

from collections.abc import Sequence
from fractions import Fraction

from mediaproc.core.render.window import Window

# The list of slices, by its name in the room.
LIST = "slices.txt"


def slice_name(number: int) -> str:
    """The file of a slice in the room."""
    return f"slice{number:04}.mp4"


def slice_list(windows: Sequence[Window], *, rate: Fraction) -> str:
    """The list of the slices as ffmpeg's demuxer `concat` reads it."""
    lines = ["ffconcat version 1.0"]
    for number, window in enumerate(windows, start=1):
        # Whole microseconds each: taken from bounds that are rounded, they add up to what is right within half a one,
        # and the even clock of the film leaves nothing of that.
        microseconds = _microseconds(window.end, rate=rate) - _microseconds(window.first, rate=rate)
        lines += [f"file {slice_name(number)}", f"duration {microseconds}us"]
    return "\n".join(lines) + "\n"


def joined_pictures() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The input that reads the slices, and what makes its packets the film's."""
    # Slice data alone: the sets of parameters, the same in all slices, stand in the mp4's own header, and what x264
    # says of itself concerns nobody.
    copy = ("-map", "0:v:0", "-c:v", "copy", "-bsf:v", "filter_units=pass_types=1-5", "-tag:v", "avc1")
    return ("-f", "concat", "-i", f"file:{LIST}"), copy


def _microseconds(frame: int, *, rate: Fraction) -> int:
    return round(frame * 1_000_000 / rate)
