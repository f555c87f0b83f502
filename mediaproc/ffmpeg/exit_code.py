"""A child's exit code, of which a shell between it and us makes another number."""

import os
import signal

# 128 + n is how a shell tells of a signal.
_SHELL_SIGNALS = 128
_SIGNALS = frozenset(
    {
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGKILL,
        signal.SIGSEGV,
        signal.SIGPIPE,
        signal.SIGTERM,
        signal.SIGXCPU,
        signal.SIGXFSZ,
        signal.SIGSYS,
    }
)


def exit_code(status: int) -> int:
    """The exit code behind a wait status; negative: the signal, whether the kernel tells of it or a shell."""
    code = os.waitstatus_to_exitcode(status)
    return _SHELL_SIGNALS - code if code - _SHELL_SIGNALS in _SIGNALS else code
