"""Handing a child its filter of system calls, in an open file of its own, from which bubblewrap reads it."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mediaproc.ffmpeg.system_calls import child_filter

# Stands in a command for the number of that file, which is known when the child is started, and not before.
FILTER_FILE = "<the open file with the filter of system calls>"


def has_filter() -> bool:
    """Whether there is a filter for this machine."""
    return child_filter(platform.machine()) is not None


@contextmanager
def filter_opened(command: Sequence[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command as it can be started, and the files that the child must inherit: none where it asks for no filter.

    Each child gets a file anew: bubblewrap reads to its end, and an inherited file has one place of reading for all.
    """
    filter_program = child_filter(platform.machine())
    if filter_program is None or FILTER_FILE not in command:
        yield list(command), ()
        return
    file = os.memfd_create("seccomp")
    try:
        os.write(file, filter_program)
        os.lseek(file, 0, os.SEEK_SET)
        yield [str(file) if word == FILTER_FILE else word for word in command], (file,)
    finally:
        os.close(file)
