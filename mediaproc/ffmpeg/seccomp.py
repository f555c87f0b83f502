"""Gives a child its filter of system calls: bubblewrap reads it from an open file, or the starting thread has it."""

import ctypes
import errno
import os
import platform
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from mediaproc.ffmpeg.system_calls import child_filter

# Stands in a command for the number of the open file from which bubblewrap reads the filter. The number is known only
# when the child is started.
FILTER_FILE = "<the open file with the filter of system calls>"
# Stands before a command that has the filter from its start. Under the filter bubblewrap could not make its namespaces.
FROM_THE_START = "<with the filter of system calls from the start>"

# Of linux/prctl.h and linux/seccomp.h.
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_INSTRUCTION_SIZE = 8

Started = TypeVar("Started")


def has_filter() -> bool:
    """Whether there is a filter for this kind of machine."""
    return child_filter(platform.machine()) is not None


@contextmanager
def started_with_filter(
    command: Sequence[str], start: Callable[[list[str], tuple[int, ...]], Started]
) -> Iterator[Started]:
    """What `start` returns for the command and the files that the child must inherit.

    A command with FILTER_FILE or FROM_THE_START gets the filter.

    Raises:
        OSError: the filter cannot be set.
    """
    if command[0] == FROM_THE_START:
        with _started_in_thread(lambda: start(list(command[1:]), ())) as started:
            yield started
        return
    with _filter_opened(command) as (words, files):
        started = start(words, files)
    yield started


def filter_this_thread(program: bytes) -> None:
    """Holds this thread, and all that it starts from now on, to the filter for good.

    Raises:
        OSError: the kernel refuses the filter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(program, len(program))
    whole = _Program(len(program) // _INSTRUCTION_SIZE, ctypes.cast(instructions, ctypes.c_void_p))
    if (
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0) != 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


class _Program(ctypes.Structure):
    """A struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


@contextmanager
def _filter_opened(command: Sequence[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """A file of its own for each child: processes that inherit one file share the place up to which it is read."""
    if FILTER_FILE not in command:
        yield list(command), ()
        return
    file = os.memfd_create("seccomp")
    try:
        os.write(file, _filter())
        os.lseek(file, 0, os.SEEK_SET)
        yield [str(file) if word == FILTER_FILE else word for word in command], (file,)
    finally:
        os.close(file)


@contextmanager
def _started_in_thread(start: Callable[[], Started]) -> Iterator[Started]:
    """Starts the child in a thread of its own, from which the child inherits the filter.

    The thread lives as long as the child is needed: the kernel takes the thread's end for the parent's death.
    """
    begun: Future[Started] = Future()
    over = threading.Event()

    def begin() -> None:
        try:
            filter_this_thread(_filter())
            begun.set_result(start())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            begun.set_exception(error)
        over.wait()

    thread = threading.Thread(target=begin, name="start of a child", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    try:
        yield begun.result()
    finally:
        over.set()
        thread.join()


def _filter() -> bytes:
    program = child_filter(platform.machine())
    if program is None:
        raise OSError(errno.ENOSYS, f"there is no filter of system calls for {platform.machine()}")
    return program
