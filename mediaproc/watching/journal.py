"""The journal of a watch: what became of each arrival, in a small file that outlives the process.

It spares a restart the reading of what was taken. It guards nothing: without it the same bytes are read once more and
found to be a duplicate.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mediaproc.core.errors import PartMissing
from mediaproc.core.settling import Remembered

# The file is written anew where it holds twice as many lines as are remembered, and so many more.
_SPARE_LINES = 1_000


class Journal:
    """What is remembered by name; one line of the file for each change.

    Several watches of the same may share a file: all add lines to it, and the first one alone writes it anew. Every
    method that writes raises OSError where the file cannot be written; this process remembers, or forgets, all the
    same.
    """

    def __init__(self, path: Path, *, is_alone: bool) -> None:
        self._path = path
        self._is_alone = is_alone
        self._lasting: dict[str, Remembered] = {}
        self._passing: dict[str, Remembered] = {}
        self._lines = 0
        with suppress(FileNotFoundError), path.open("rb") as file:
            for line in file:
                self._read(line)

    def of(self, name: str) -> Remembered | None:
        """What became of the arrival of this name, in the state in which it then was."""
        return self._passing.get(name) or self._lasting.get(name)

    def remember(self, name: str, remembered: Remembered, *, lasts: bool = True) -> None:
        """Remember it; unless it `lasts`, only for as long as this process lives."""
        if not lasts:
            self._passing[name] = remembered
            return
        self._passing.pop(name, None)
        self._lasting[name] = remembered
        self._write([[name, remembered.state, remembered.was_taken]])

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget all others: nothing of their names is there any more."""
        kept = set(names)
        self._passing = {name: each for name, each in self._passing.items() if name in kept}
        gone = self._lasting.keys() - kept
        for name in gone:
            del self._lasting[name]
        if gone:
            self._write([[name] for name in gone])

    def _write(self, entries: Sequence[Sequence[object]]) -> None:
        self._lines += len(entries)
        if self._is_alone and self._lines > 2 * len(self._lasting) + _SPARE_LINES:
            self._write_anew()
            return
        # One write: the lines of several processes come one after the other.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, _written(entries))
        finally:
            os.close(descriptor)

    def _write_anew(self) -> None:
        entries = [[name, each.state, each.was_taken] for name, each in self._lasting.items()]
        new = self._path.with_suffix(".new")
        new.write_bytes(_written(entries))
        new.replace(self._path)
        self._lines = len(entries)

    def _read(self, line: bytes) -> None:
        self._lines += 1
        # A line is cut where a process was killed in the middle of it, or the machine lost its power.
        with suppress(ValueError):
            match json.loads(line):
                case [str(name), str(state), bool(was_taken)]:
                    self._lasting[name] = Remembered(state=state, was_taken=was_taken)
                case [str(name)]:
                    self._lasting.pop(name, None)


@contextmanager
def opened_journal(folder: Path, *, of: Sequence[str]) -> Iterator[Journal]:
    """The journal in `folder` of the watch that these words tell from every other.

    Raises:
        PartMissing: it cannot be kept there.
    """
    path = folder / f"{hashlib.sha256(json.dumps(of).encode()).hexdigest()[:32]}.journal"
    lock = -1
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        journal = Journal(path, is_alone=_is_first(lock))
    except OSError as error:
        if lock >= 0:
            os.close(lock)
        raise PartMissing(
            f"What a watch has taken cannot be kept in {folder} ({error.strerror}): mend its rights, or set"
            " MEDIAPROC_HOME to a folder that can be written."
        ) from error
    try:
        yield journal
    finally:
        os.close(lock)


def _is_first(lock: int) -> bool:
    """Whether no other process keeps this journal."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(entries: Iterable[Sequence[object]]) -> bytes:
    """A line each, in ASCII: a byte of a name that is no UTF-8 is an escape.

    Each begins with the line's end of the one before it, so that it stands apart from one that was cut.
    """
    return b"".join(b"\n" + json.dumps(entry, ensure_ascii=True).encode() for entry in entries)
