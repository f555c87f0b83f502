"""Runs a function in a process of its own, as an ordinary user where the tests run as root."""

import ctypes
import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

NOBODY = 65534

_PR_SET_DUMPABLE = 4


def as_ordinary_user(action: Callable[[], Result]) -> Result:
    """What `action` returns in a forked process without any privilege."""
    return in_fork(action, uid=NOBODY if os.geteuid() == 0 else None)


def in_fork(action: Callable[[], Result], *, uid: int | None = None) -> Result:
    """What `action` returns in a forked process, as that user where one is given; what it raises fails the test.

    Forked and not started anew: the interpreter of a development machine often lives in root's home.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(action, writing, uid=uid)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    succeeded, result = pickle.loads(answer)  # noqa: S301 - written by our own child
    if not succeeded:
        raise AssertionError(f"in the forked process:\n{result}")
    answered: Result = result
    return answered


def show_to_same_user() -> None:
    """Lets every process of this user read this one, as Linux does by default."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1)


def _answer(action: Callable[[], object], writing: int, *, uid: int | None) -> None:
    """Never returns: pytest's own ending must not run twice."""
    try:
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            # A process that became another user cannot be traced by it; one that was started as that user can.
            show_to_same_user()
        answer = pickle.dumps((True, action()))
    except BaseException:  # noqa: BLE001 - it must reach the parent, whatever it is
        answer = pickle.dumps((False, traceback.format_exc()))
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(answer)
    os._exit(0)
