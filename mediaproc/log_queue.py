"""The bounded queue between the loggers and the log's stream, so that a log call never raises and never waits."""

import io
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

# Lines. A busy executor logs ten a second; a reader that stalls for longer than this many last loses lines.
CAPACITY = 10_000


class LogQueue:
    """A text stream for the loggers; one thread of its own writes their lines to the real stream.

    A line is dropped, and counted, when it cannot be written (the reader has gone, its disk is full) or when the
    queue is full (the reader stalls). Once a line is written again, `on_recovery` gets the number of lost lines.
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
        """Does nothing: a stream's user may call this after each line, and would wait. See `wait_until_written`."""

    def wait_until_written(self, *, timeout: float) -> bool:
        """Waits until all lines are written, `timeout` seconds at most; returns whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines and not self._is_writing, timeout=timeout)

    def _has_writer(self) -> bool:
        """Whether the writing thread runs; the first line starts it, unless the system starts no more threads."""
        if self._thread is None:
            # A daemon thread: stuck in a write, it does not keep the process alive.
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
        """Writes the line; returns how many were lost before it, if it is the first that was written since."""
        data = line.encode(errors="backslashreplace")
        # A line that was cut off is ended first, so that this one begins on a line of its own.
        left = b"\n" + data if self._has_cut else data
        whole = len(left)
        try:
            while left:
                left = left[self._write_out(left) :]
        except Exception:  # noqa: BLE001 - a stream may raise anything, and there is no place left to report it
            with self._changed:
                self._lost += 1
                self._has_cut = self._has_cut or 0 < len(left) < whole
            return 0
        with self._changed:
            self._has_cut = False
            lost, self._lost = self._lost, 0
        return lost


def _writer(stream: TextIO | None) -> Callable[[bytes], int]:
    """A function that writes some of the bytes and returns how many.

    It goes past the stream's own buffer, since Python waits for that buffer's lock when it exits.
    """
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
