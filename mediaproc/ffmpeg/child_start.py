"""How a child is started: with an environment of ours, its filter of system calls, a handshake, and low priority."""

import errno
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.ffmpeg import cpu_time
from mediaproc.ffmpeg.child_end import signal_group, wait_for_end
from mediaproc.ffmpeg.seccomp import started_with_filter

# All that a child finds in its environment. glibc reserves 64 MB of addresses for every thread that allocates, up to
# eight times the CPUs: with four such arenas a limit of address space means the same on every machine.
# A static ffmpeg that finds the machine's character converters loads them, and dies of it: most MPEG-TS name their
# services in a character set of their own.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "4", "GCONV_PATH": "/nonexistent"}

# A transcode yields to the executor's heartbeat and to everything else on the node.
NICENESS, _LOWEST_PRIORITY = 10, 19


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The child inside the block, before its handshake; at the block's end its process group is killed and reaped.

    Raises:
        PartMissing: the program is not there. Unavailable: the machine can start no more processes.
    """
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
                signal_group(child, signal.SIGKILL)
                wait_for_end(child, cpu_before_kill=cpu_before_kill)
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()


class StartHandshake:
    """The child writes one byte when it is ready, and waits; this lowers its priority, then answers with a line.

    Reads the child's standard output; `on_output` gets what follows the byte.
    """

    def __init__(self, child: subprocess.Popen[bytes], *, on_output: Callable[[bytes], None]) -> None:
        self._child, self._on_output = child, on_output
        self._is_done = False

    def read(self, chunk: bytes) -> None:
        """The next bytes of standard output."""
        if not self._is_done:
            self._answer()
            chunk = chunk[1:]
        if chunk:
            self._on_output(chunk)

    def _answer(self) -> None:
        self._is_done = True
        _lower_priority(self._child)
        if self._child.stdin is not None:
            with suppress(BrokenPipeError), self._child.stdin as answer:  # it may have ended already
                answer.write(b"\n")


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
    # The child may have ended already. Or it runs as another user, whose priority not every root may lower: then it was
    # started under `nice`.
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
