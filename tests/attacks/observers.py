"""Seeing harm where it happens: files that are opened, sockets that are reached; the kernel tells, not a log."""

import ctypes
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_OPEN = 0x20

# How often is looked at what the kernel tells nobody of by itself (s).
LOOK_EVERY = 0.05


class OpenWatch:
    """Whether anybody opened a file since the watch began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0 or self._libc.inotify_add_watch(self._fd, os.fsencode(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"no watch on {path}")

    def opened(self) -> bool:
        """True once; reading it empties it."""
        try:
            return bool(os.read(self._fd, 64 * 1024))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._fd)


class Listener:
    """A socket on the loopback device that remembers whether anybody came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.settimeout(0)
        self._visited = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def visited(self) -> bool:
        """Whether anybody connected."""
        return self._visited.is_set()

    def take_datagrams(self) -> None:
        """Holds the port of the same number for datagrams too."""
        self._datagrams.bind(("127.0.0.1", self.port))

    def heard(self) -> bool:
        """Whether a datagram came."""
        try:
            return bool(self._datagrams.recv(64))
        except BlockingIOError:
            return False

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._datagrams.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self._visited.set()
            visitor.close()


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener for as long as it is needed."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()


def peak_memory_of_children() -> int:
    """The most that one of this process's children took so far (bytes), 0 where none took more than this process.

    The kernel lets a child begin with the peak of who started it, so that what the tests' own process ever took would
    be found in each of its children, whatever they do: one that does nothing tells how much that is.
    """
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    _, _, of_an_idle_one = os.wait4(os.posix_spawn("/bin/true", ["true"], {}), 0)
    return peak * 1024 if peak > of_an_idle_one.ru_maxrss else 0


@contextmanager
def datagram_port_watched(port: int, *, stop: threading.Event) -> Iterator[threading.Event]:
    """Set once the port is seen open, and then `stop` is too: who opened it would listen for as long as it may."""
    seen, over = threading.Event(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            if datagram_port_is_open(port):
                seen.set()
                stop.set()
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def datagram_port_is_open(port: int) -> bool:
    """Whether some process of this network namespace holds the UDP port (or its even neighbour)."""
    wanted = {f"{number:04X}" for number in (port, port - port % 2)}
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(line.split()[1].rpartition(":")[2] in wanted for line in lines)
