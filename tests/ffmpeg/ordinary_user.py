"""Doing something as an ordinary user, where the tests run as root."""

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

NOBODY = 65534


def as_ordinary_user(action: Callable[[], Result]) -> Result:
    """What `action` returns in a forked process without any privilege.

    Forked and not started anew: the interpreter of a development machine often lives in root's home.
    """
    if os.geteuid() != 0:
        return action()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(action, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    succeeded, result = pickle.loads(answer)  # noqa: S301 - written by our own child
    if not succeeded:
        raise AssertionError(f"as an ordinary user:\n{result}")
    answered: Result = result
    return answered


def _answer(action: Callable[[], object], writing: int) -> None:
    """Never returns: pytest's own ending must not run twice."""
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        answer = pickle.dumps((True, action()))
    except BaseException:  # noqa: BLE001 - it must reach the parent, whatever it is
        answer = pickle.dumps((False, traceback.format_exc()))
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(answer)
    os._exit(0)
