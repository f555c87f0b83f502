"""One child process from its start to its end: fed nothing, read, watched, and ended with all that it started."""

import math
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mediaproc.clock import elapsed
from mediaproc.core.safe_text import shown_lines
from mediaproc.ffmpeg import cpu_time
from mediaproc.ffmpeg.child_end import has_ended, signal_group, wait_for_end
from mediaproc.ffmpeg.child_start import StartHandshake, started
from mediaproc.ffmpeg.watchdog import Cause, Watchdog, WatchdogLimits
from mediaproc.machine import count_oom_kills

# How soon a stop is noticed (seconds).
_TICK = 0.1
_SHORTEST_TICK = 0.001
# ffmpeg's filters write each line by itself, thousands of them: they are read together, so often at most (seconds). No
# child writes faster than a pipe of 64 KB takes in that time.
_READ_EVERY = 0.001
# How long to read on when the child has ended and a process that it left behind holds its pipes (seconds).
_LINGER = 1.0
_CHUNK = 64 * 1024

# What is kept of a log: its end says why the child failed (bytes, characters).
_TAIL_BYTES = 32 * 1024
_HEAD_BYTES = 64
LOG_TAIL_LIMIT = 8_000


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended: its exit code (negative: the signal), why we ended it, its log, its cost.

    `log_head` are the first bytes that it wrote to standard error, `log_tail` the last lines, safe to show.
    `is_oom_killed`: a SIGKILL that was not ours ended it, and the kernel killed some process for want of memory while
    it ran.
    """

    code: int
    cause: Cause | None
    log_head: bytes
    log_tail: str
    cpu_seconds: float
    wall_seconds: float
    is_oom_killed: bool = False

    @property
    def signal(self) -> int | None:
        """The signal that ended it, None where it ended by itself."""
        return -self.code if self.code < 0 else None


def run(
    command: Sequence[str],
    *,
    limits: WatchdogLimits,
    stop: threading.Event,
    on_output: Callable[[bytes], None],
    keep: Callable[[bytes], bytes] = lambda said: said,
) -> Ended:
    """Runs the command to its end, or ends it; its whole process group is gone when this returns or raises.

    The calling thread starts, reads and reaps the child: the kernel's signal at the parent's death is tied to that
    thread. The command comes from `ChildSandbox.command`, and begins with the start handshake.
    `on_output` gets what the child writes to standard output after it. `keep` gets what the child writes to standard
    error, and b"" when it has ended; it returns the part that the log shall have.

    Raises:
        PartMissing: the program is not there. Unavailable: the machine can start no more processes.
    """
    begun, kills = elapsed(), count_oom_kills()
    log = _Log(keep)
    with started(command) as child:
        output = StartHandshake(child, on_output=on_output)
        cause, cpu_before_kill = _watch(child, limits=limits, stop=stop, readers=(output.read, log.read))
        code, cpu_seconds = wait_for_end(child, cpu_before_kill=cpu_before_kill)
    log.read(b"")
    return Ended(
        code=code,
        cause=cause,
        log_head=bytes(log.head),
        log_tail=shown_lines(bytes(log.tail), limit=LOG_TAIL_LIMIT),
        cpu_seconds=cpu_seconds,
        wall_seconds=elapsed() - begun,
        is_oom_killed=cause is None and code == -signal.SIGKILL and count_oom_kills() > kills,
    )


class _Log:
    """The beginning and the end of what a child writes to standard error, however much that is."""

    def __init__(self, keep: Callable[[bytes], bytes]) -> None:
        self.head, self.tail = bytearray(), bytearray()
        self._keep = keep

    def read(self, chunk: bytes) -> None:
        if len(self.head) < _HEAD_BYTES:
            self.head.extend(chunk[: _HEAD_BYTES - len(self.head)])
        self.tail.extend(self._keep(chunk))
        del self.tail[:-_TAIL_BYTES]


def _watch(
    child: subprocess.Popen[bytes],
    *,
    limits: WatchdogLimits,
    stop: threading.Event,
    readers: Sequence[Callable[[bytes], None]],
) -> tuple[Cause | None, float]:
    """Reads until both pipes are closed, or until `_LINGER` after the child's end; ends it when the watchdog says so.

    Returns why it was ended, and the CPU seconds that it had cost by then.
    """
    watchdog = Watchdog(limits, stop=stop)
    ended_at: float | None = None
    tick, cpu_before_kill, read_at = _TICK, 0.0, -math.inf
    with selectors.DefaultSelector() as selector:
        for pipe, reader in zip((child.stdout, child.stderr), readers, strict=True):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, reader)
        while ended_at is None or (selector.get_map() and elapsed() - ended_at < _LINGER):
            if (early := read_at + _READ_EVERY - elapsed()) > 0:
                stop.wait(early)
            if _read(selector, timeout=tick):
                read_at = elapsed()
            due = watchdog.due_signal()
            if due is not None:
                cpu_before_kill = max(cpu_before_kill, cpu_time.of_session(child.pid))
                signal_group(child, due)
            if ended_at is None and has_ended(child):
                ended_at = elapsed()
                signal_group(child, signal.SIGKILL)  # what it left behind, and what holds its pipes
            # Both pipes closed: its end is a moment away, unless it closed them itself and lives on.
            tick = _TICK if selector.get_map() else min(_TICK, 2 * tick if tick < _TICK else _SHORTEST_TICK)
        # Where this process or the machine stood still during `_LINGER`, the child's last output is still in the pipes:
        # one read takes all of it, since a pipe holds no more than a chunk.
        _read(selector, timeout=0)
    return watchdog.cause, cpu_before_kill


def _read(selector: selectors.BaseSelector, *, timeout: float) -> bool:
    """Returns whether anything came, or ended, within `timeout` seconds."""
    ready = selector.select(timeout)
    for key, _ in ready:
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data(chunk)
        else:
            selector.unregister(key.fileobj)
    return bool(ready)
