"""One child process from its start to its end: fed nothing, read, watched, and ended with all that it started."""

import errno
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from mediaproc.clock import elapsed
from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.core.safe_text import shown_lines
from mediaproc.ffmpeg import cpu_time
from mediaproc.ffmpeg.exit_code import exit_code
from mediaproc.ffmpeg.seccomp import started_with_filter
from mediaproc.ffmpeg.watchdog import Cause, Watchdog, WatchdogLimits
from mediaproc.machine import count_oom_kills

# All that a child finds in its environment. glibc reserves 64 MB of addresses for every thread that allocates, up to
# eight times the CPUs: with four such arenas a limit of address space means the same on every machine.
# A static ffmpeg that finds the machine's character converters loads them, and dies of it: most MPEG-TS name their
# services in a character set of their own.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "4", "GCONV_PATH": "/nonexistent"}

# A transcode yields to the executor's heartbeat and to everything else on the node.
NICENESS, _LOWEST_PRIORITY = 10, 19

# How soon a stop is noticed (seconds).
_TICK = 0.1
_SHORTEST_TICK = 0.001
# How long to read on when the child has ended and something that it left behind holds its pipes (seconds).
_LINGER = 1.0
_CHUNK = 64 * 1024

# What is kept of a log: its end says why (bytes, characters).
_TAIL_BYTES = 32 * 1024
_HEAD_BYTES = 64
LOG_TAIL_LIMIT = 8_000


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended: its exit code (negative: the signal), why we ended it, what it said, what it cost.

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

    The calling thread starts, reads and reaps it: the kernel's signal at the parent's death is tied to that thread.
    The command comes from `ChildSandbox.command`: it writes one byte when it is ready to begin, and waits for a line.
    `on_output` gets what the child writes to standard output from then on; `keep` what it says on standard error, and
    nothing (b"") when it has ended, and returns what of that the log shall have.

    Raises:
        PartMissing: the program is not there. Unavailable: the machine can start no more processes.
    """
    started, kills = elapsed(), count_oom_kills()
    log = _Log(keep)
    with _started(command) as child:
        handshake = _StartHandshake(child, on_output=on_output)
        cause, cpu_before_kill = _watch(child, limits=limits, stop=stop, readers=(handshake.read, log.read))
        code, cpu_seconds = _reap(child, cpu_before_kill=cpu_before_kill)
    log.read(b"")
    return Ended(
        code=code,
        cause=cause,
        log_head=bytes(log.head),
        log_tail=shown_lines(bytes(log.tail), limit=LOG_TAIL_LIMIT),
        cpu_seconds=cpu_seconds,
        wall_seconds=elapsed() - started,
        is_oom_killed=cause is None and code == -signal.SIGKILL and count_oom_kills() > kills,
    )


class _StartHandshake:
    """The child says that it is ready and waits; this lowers its priority, and then lets it begin."""

    def __init__(self, child: subprocess.Popen[bytes], *, on_output: Callable[[bytes], None]) -> None:
        self._child, self._on_output = child, on_output
        self._has_begun = False

    def read(self, chunk: bytes) -> None:
        if not self._has_begun:
            self._begin()
            chunk = chunk[1:]
        if chunk:
            self._on_output(chunk)

    def _begin(self) -> None:
        self._has_begun = True
        _lower_priority(self._child)
        if self._child.stdin is not None:
            with suppress(BrokenPipeError), self._child.stdin as answer:  # it may have ended already
                answer.write(b"\n")


class _Log:
    """The beginning and the end of what a child says, however much that is."""

    def __init__(self, keep: Callable[[bytes], bytes]) -> None:
        self.head, self.tail = bytearray(), bytearray()
        self._keep = keep

    def read(self, chunk: bytes) -> None:
        if len(self.head) < _HEAD_BYTES:
            self.head.extend(chunk[: _HEAD_BYTES - len(self.head)])
        self.tail.extend(self._keep(chunk))
        del self.tail[:-_TAIL_BYTES]


@contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with ExitStack() as stack:
        try:
            child = stack.enter_context(started_with_filter(command, _start))
        except OSError as error:
            raise _translated(error) from None
        try:
            yield child
        finally:
            if child.returncode is None:
                cpu_before_kill = cpu_time.of_session(child.pid)
                _signal_group(child, signal.SIGKILL)
                _reap(child, cpu_before_kill=cpu_before_kill)
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()


def _start(command: list[str], files: tuple[int, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=ENVIRONMENT,  # no credential, no proxy, no LD_PRELOAD
        cwd="/",
        pass_fds=files,
        start_new_session=True,  # its own group to signal, and no terminal to type into
    )


def _lower_priority(child: subprocess.Popen[bytes]) -> None:
    """From outside, since `nice` would be one more program to start; of the group, since bubblewrap is two of them."""
    lowered = min(_LOWEST_PRIORITY, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    # It may have ended already, or belong to another user, whom not every root may slow down and `nice` has already.
    with suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PGRP, child.pid, lowered)


def _translated(error: OSError) -> PartMissing | Unavailable:
    if error.errno in {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}:
        return Unavailable(
            f"This machine can start no more processes now ({error.strerror}); the task waits.",
            error_class=ErrorClass.MEMORY_PRESSURE,
        )
    what = "A child cannot be started" if error.filename is None else f"{error.filename} cannot be run"
    return PartMissing(f"{what}: {error.strerror}.")


def _watch(
    child: subprocess.Popen[bytes],
    *,
    limits: WatchdogLimits,
    stop: threading.Event,
    readers: Sequence[Callable[[bytes], None]],
) -> tuple[Cause | None, float]:
    """Reads until nobody holds the pipes any more, or the child has ended and what it left had its time.

    Why it was ended, and what it had cost by then (CPU seconds).
    """
    watchdog = Watchdog(limits, stop=stop)
    ended_at: float | None = None
    tick, cpu_before_kill = _TICK, 0.0
    with selectors.DefaultSelector() as selector:
        for pipe, reader in zip((child.stdout, child.stderr), readers, strict=True):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, reader)
        while ended_at is None or (selector.get_map() and elapsed() - ended_at < _LINGER):
            _read(selector, timeout=tick)
            due = watchdog.look()
            if due is not None:
                cpu_before_kill = max(cpu_before_kill, cpu_time.of_session(child.pid))
                _signal_group(child, due)
            if ended_at is None and _has_ended(child):
                ended_at = elapsed()
                _signal_group(child, signal.SIGKILL)  # what it left behind, and what holds its pipes
            # Both pipes closed: its end is a moment away, unless it closed them itself and lives on.
            tick = _TICK if selector.get_map() else min(_TICK, 2 * tick if tick < _TICK else _SHORTEST_TICK)
        # Where this process, or the machine, stood still meanwhile, the child's last words are in the pipes yet: all of
        # them, since a pipe holds no more than a chunk.
        _read(selector, timeout=0)
    return watchdog.cause, cpu_before_kill


def _read(selector: selectors.BaseSelector, *, timeout: float) -> None:
    for key, _ in selector.select(timeout):
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data(chunk)
        else:
            selector.unregister(key.fileobj)


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether it has, without reaping it: its pid, and the group's name with it, stay ours until `_reap`."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _reap(child: subprocess.Popen[bytes], *, cpu_before_kill: float) -> tuple[int, float]:
    """Waits for the end; the exit code, and the CPU seconds of the child and of all that it waited for."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # What was killed with bubblewrap, nobody has waited for.
    cpu_seconds = max(cpu_before_kill, usage.ru_utime + usage.ru_stime)
    cpu_time.count(cpu_seconds)
    return exit_code(status), cpu_seconds


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
