"""A child's exit code, which a shell between the child and this process turns into another number."""

import os
import signal

# A shell exits with 128 + n where signal n ended its child.
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
    """The exit code behind a wait status; negative: the signal, whether the kernel or a shell reports it."""
    code = os.waitstatus_to_exitcode(status)
    return _SHELL_SIGNALS - code if code - _SHELL_SIGNALS in _SIGNALS else code
