"""Descriptors for a log that take no line: the reader has gone or stalls, or the disk is full."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

# Bytes that fit into the stalled reader's pipe: a few lines.
_SHORT_PIPE = 4096


@contextmanager
def reader_gone() -> Iterator[int]:
    """Every write fails."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@contextmanager
def reader_stalled() -> Iterator[int]:
    """After a few lines every write waits, for as long as the block lasts."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _SHORT_PIPE)
    try:
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


@contextmanager
def disk_full() -> Iterator[int]:
    """Every write fails because the disk is full."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


LOG_FAULTS: Mapping[str, Callable[[], AbstractContextManager[int]]] = {
    "log reader gone": reader_gone,
    "log reader stalled": reader_stalled,
    "disk of the log full": disk_full,
}
