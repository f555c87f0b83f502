"""A copy mounted over /etc/passwd for one attack alone: every program on a machine opens the real one."""

import ctypes
import os
import subprocess
from collections.abc import Callable
from typing import TypeVar

PASSWD = "/etc/passwd"

# From Linux's sched.h and mount.h.
_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000

Result = TypeVar("Result")


def may_take_its_place() -> bool:
    """Whether this user may mount in a namespace of its own; root may, outside of most containers."""
    return subprocess.run(["/usr/bin/unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0


def in_its_place(copy: str | os.PathLike[str], action: Callable[[], Result]) -> Result:
    """What `action` returns where /etc/passwd is this copy: in this process, for good, and in all that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    _demand(libc.unshare(_CLONE_NEWNS))
    _demand(libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    _demand(libc.mount(os.fsencode(copy), PASSWD.encode(), None, ctypes.c_ulong(_MS_BIND), None))
    return action()


def _demand(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), f"no copy in the place of {PASSWD}")
