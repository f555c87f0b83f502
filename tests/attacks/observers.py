"""Observes harm by the kernel's means, not by a log: opened files, reached sockets, memory."""

import ctypes
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_OPEN = 0x20

# Seconds between two looks at what the kernel has no notification for.
POLL_INTERVAL = 0.05


class OpenWatch:
    """Tells whether any process opened a file since the watch began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0 or self._libc.inotify_add_watch(self._fd, os.fsencode(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"no watch on {path}")

    def opened(self) -> bool:
        """Whether the file was opened since the last call."""
        try:
            return bool(os.read(self._fd, 64 * 1024))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._fd)


class Listener:
    """A socket on the loopback device that remembers whether a client connected."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.settimeout(0)
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def was_connected(self) -> bool:
        """Whether a client connected."""
        return self._connected.is_set()

    def bind_datagrams(self) -> None:
        """Holds the port of the same number for datagrams too."""
        self._datagrams.bind(("127.0.0.1", self.port))

    def received_datagram(self) -> bool:
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
            self._connected.set()
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
    """The highest peak of memory among this process's children (bytes), 0 where none exceeds this process's own peak.

    The kernel starts a child's peak at its parent's, so that every child has at least the peak of the tests' own
    process. A child that does nothing tells how much that is; a peak counts only above it.
    """
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    _, _, of_an_idle_one = os.wait4(os.posix_spawn("/bin/true", ["true"], {}), 0)
    return peak * 1024 if peak > of_an_idle_one.ru_maxrss else 0


@contextmanager
def datagram_port_watched(port: int, *, stop: threading.Event) -> Iterator[threading.Event]:
    """An event that is set once the port is open; `stop` is set with it, since its listener would not end by itself."""
    seen, over = threading.Event(), threading.Event()

    def poll() -> None:
        while not over.wait(POLL_INTERVAL):
            if datagram_port_is_open(port):
                seen.set()
                stop.set()
                return

    thread = threading.Thread(target=poll, daemon=True)
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
