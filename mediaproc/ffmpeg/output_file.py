"""The file that a child writes: there before it starts, of bounded size, and seen to grow."""

import os
from pathlib import Path

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.limits import DISK_FLOOR

# The limit of file size leaves room for the index, which ffmpeg writes after it stopped at -fs (ratio, bytes).
_SIZE_SLACK, _SIZE_MARGIN = 1.05, 16 * 1024 * 1024


def make_empty(output: Path) -> None:
    """Bubblewrap shows the child this one file and not its folder.

    Raises Unavailable where the folder cannot be written.
    """
    try:
        output.touch()
    except OSError as error:
        raise Unavailable(
            f"The scratch folder {output.parent} cannot be written ({error.strerror}).",
            error_class=ErrorClass.DISK_FULL,
        ) from error


def footprint(output: Path) -> tuple[int, int]:
    """Changes while ffmpeg rewrites a long file to put its index first, during which it reports no progress."""
    try:
        facts = output.stat()
    except FileNotFoundError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


def file_limit(output: Path, *, max_size: int) -> tuple[int, bool]:
    """How large the output may become (bytes), and whether the disk sets that limit and not the plan."""
    facts = os.statvfs(output.parent)
    wanted = int(max_size * _SIZE_SLACK) + _SIZE_MARGIN
    room = max(_SIZE_MARGIN, facts.f_bavail * facts.f_frsize - DISK_FLOOR)
    return min(wanted, room), room < wanted
