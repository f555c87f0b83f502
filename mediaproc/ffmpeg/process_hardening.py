"""Keeps this process's memory and environment, with its credentials, from the children that it starts."""

import ctypes

_PR_SET_DUMPABLE = 4


def hide_from_same_user() -> None:
    """From now on no other process of this user can trace this one or read its environment, and it dumps no core.

    Children inside bubblewrap cannot even see this process. Children without it run as the same user: /proc would show
    them the database's password in the environment that the executor was started with.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
