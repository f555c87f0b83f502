"""The bounded queue between whoever logs and whatever the log is written to: to log never raises and never waits."""

import io
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

# Lines. A busy executor logs ten a second; a reader that stalls for longer than these last loses lines.
CAPACITY = 10_000


class LogQueue:
    """Looks like a text stream to those who log; one thread of its own writes what they say, line by line.

    A line is dropped, and counted, when it cannot be written (the reader has gone, its disk is full) or when the
    queue is full (the reader stalls). Once a line gets through again, `on_recovery` is told how many were lost.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        on_recovery: Callable[[int], None] = lambda _lost: None,
        capacity: int = CAPACITY,
    ) -> None:
        """`stream` is None where the process was started without one; then every line is dropped."""
        self._write_out = _writer(stream)
        self._on_recovery = on_recovery
        self._capacity = capacity
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._is_writing = False
        self._has_cut = False
        self._lost = 0
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Queue one line, or count it as lost."""
        with self._changed:
            if len(self._lines) >= self._capacity or not self._has_writer():
                self._lost += 1
                return
            self._lines.append(text)
            self._changed.notify_all()

    def flush(self) -> None:
        """Nothing: a stream's user may ask for it after each line, and would wait. See `drain`."""

    def drain(self, *, timeout: float) -> bool:
        """Wait until everything is written, `timeout` seconds at most; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines and not self._is_writing, timeout=timeout)

    def _has_writer(self) -> bool:
        """Whether there is somebody to write; the first line starts the thread, if the system starts any."""
        if self._thread is None:
            # A daemon: one that is stuck in a write keeps no process alive.
            thread = threading.Thread(target=self._write_for_ever, name="log", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _write_for_ever(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._lines))
                line = self._lines.popleft()
                self._is_writing = True
            lost = self._write_line(line)
            if lost:
                self._on_recovery(lost)

    def _write_line(self, line: str) -> int:
        """How many lines were lost before this one, if it is the first that got through since."""
        data = line.encode(errors="backslashreplace")
        # What was cut is ended first: the next line must not hang on to it.
        left = b"\n" + data if self._has_cut else data
        whole = len(left)
        try:
            while left:
                left = left[self._write_out(left) :]
        except Exception:  # noqa: BLE001 - a stream may raise anything, and there is no place left to tell it
            with self._changed:
                self._lost += 1
                self._has_cut = self._has_cut or 0 < len(left) < whole
            return 0
        with self._changed:
            self._has_cut = False
            lost, self._lost = self._lost, 0
        return lost


def _writer(stream: TextIO | None) -> Callable[[bytes], int]:
    """Write some bytes at once and return how many; past the stream's own buffer, whose lock an exit would wait for."""
    if stream is None:
        return len
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, io.UnsupportedOperation):
        return lambda data: _write_text(stream, data)
    return lambda data: os.write(descriptor, data)


def _write_text(stream: TextIO, data: bytes) -> int:
    stream.write(data.decode())
    stream.flush()
    return len(data)
