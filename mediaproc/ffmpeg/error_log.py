"""ffmpeg's error log, read while it works: its errors are kept, the pictures that it calls damaged are counted."""

import re

# Each line begins like `[h264 @ 0x5602065cce00] [error] error while decoding MB 1 0`. `repeat`: ffmpeg writes each
# message, also one that repeats the line before it, so that the count is whole.
LOG_LEVEL = ("-v", "repeat+level+warning")

_LEVEL = re.compile(rb"(?:\[[^\]]*\] )*?\[(warning|error|fatal|panic)\] ")
_WARNING, _PREFIX = b"warning", b"[error] "
_DAMAGED = b"corrupt decoded frame"
# The library of faces says it wherever it may write nothing, as in any sandbox.
_NOT_OF_THE_SOURCE = b"Fontconfig error: No writable cache directories"

# What ffmpeg writes when it lacks memory for something, such as a picture; it may go on without it. The last of these
# is all that it writes of a buffer, also of an impossible one that damage asks for.
MEMORY_WORDS = (
    "Cannot allocate memory",
    "Out of memory",
    "failed to map segment from shared object",
    "malloc of size",
    "exceeds specified max pixel count",
    "get_buffer() failed",
)
_MEMORY = re.compile("|".join(map(re.escape, MEMORY_WORDS)).encode())

# A line without an end is read in pieces of this size (bytes).
_MOST_OF_A_LINE = 4_096


class ErrorLog:
    """Reads a log as it comes; `damaged_pictures` were decoded from broken bytes or with broken references.

    `has_asked_for_memory`: ffmpeg wanted more memory than its limit.
    """

    def __init__(self) -> None:
        self.damaged_pictures = 0
        self.has_asked_for_memory = False
        self._line = b""
        self._warns = False

    def keep(self, chunk: bytes) -> bytes:
        """The lines among the next bytes that are worth showing: all but warnings, without the level `[error]`.

        A line is read once it is whole, the last one when `chunk` is empty.
        """
        *lines, rest = (self._line + chunk).split(b"\n")
        if rest and (not chunk or len(rest) > _MOST_OF_A_LINE):
            lines, rest = [*lines, rest], b""
        self._line = rest
        self.damaged_pictures += sum(_DAMAGED in line for line in lines)
        self.has_asked_for_memory = self.has_asked_for_memory or any(map(_MEMORY.search, lines))
        return b"".join(line.replace(_PREFIX, b"", 1) + b"\n" for line in lines if not self._is_warning(line))

    def _is_warning(self, line: bytes) -> bool:
        """Whether it is not worth showing; a line without a level belongs to the message that the one before began."""
        if line.startswith(_NOT_OF_THE_SOURCE):
            return True
        if level := _LEVEL.match(line):
            self._warns = level[1] == _WARNING
        return self._warns
