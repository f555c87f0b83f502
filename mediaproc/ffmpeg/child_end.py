"""How a child's end is brought about, noticed and counted."""

import os
import signal
import subprocess
from contextlib import suppress

from mediaproc.ffmpeg import cpu_time
from mediaproc.ffmpeg.exit_code import exit_code


def signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends the signal to the child and all that it started, unless it was reaped already."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child has ended; it is not reaped, so its pid and its group's stay its own until `wait_for_end`."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait_for_end(child: subprocess.Popen[bytes], *, cpu_before_kill: float) -> tuple[int, float]:
    """Waits for the end; the exit code, and the CPU seconds of the child and of all that it waited for."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # For processes that were killed together with bubblewrap nobody has waited: only `cpu_before_kill` counts them.
    cpu_seconds = max(cpu_before_kill, usage.ru_utime + usage.ru_stime)
    cpu_time.count(cpu_seconds)
    return exit_code(status), cpu_seconds
