"""Hides the secrets in our command line, which /proc shows to every user of this machine and `ps` prints."""

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path

# The options whose values hold a password or a secret key.
_SECRET_OPTIONS = (b"--database-url", b"--store-url")

# Fields of /proc/PID/stat, counted behind the program's name, which is in parentheses and may hold any character: the
# addresses of the arguments in our memory, of the first byte and behind the last.
_ARG_START, _ARG_END = 45, 46


def hide_secrets() -> None:
    """Overwrites the credentials among this process's arguments, in the memory that /proc shows to others.

    `sys.argv` is Python's own copy and keeps them. Until this call others can read them: the environment and the
    settings file are better places for a secret.
    """
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    except (OSError, ValueError, IndexError):
        return  # a system without /proc
    if not 0 < start < end:
        return  # a kernel that does not tell the addresses
    arguments = ctypes.string_at(start, end - start)
    # Where the bytes differ, the addresses lead to other memory.
    if arguments != Path("/proc/self/cmdline").read_bytes():
        return
    for place, length in _secrets(arguments.split(b"\0")):
        ctypes.memset(start + place, ord("*"), length)


def _secrets(words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Where each secret value begins, and its length, in the words joined by single bytes."""
    place = 0
    is_value = False
    for word in words:
        name, equals, value = word.partition(b"=")
        if is_value:
            yield place, len(word)
        elif equals and name in _SECRET_OPTIONS:
            yield place + len(name) + 1, len(value)
        is_value = not is_value and word in _SECRET_OPTIONS
        place += len(word) + 1
