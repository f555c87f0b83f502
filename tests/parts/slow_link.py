"""A TCP proxy that is as slow as a link between two sites: all comes later, and no faster than the link's rate."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue

from tests.parts.cutting_proxy import CuttingProxy

# Small enough that the bytes come evenly and not in bursts: 2.6 ms at 50 Mbit/s.
_PIECE = 16 * 1024


@dataclass(kw_only=True)
class Lane:
    """One direction of the link, which all connections share."""

    bytes_per_second: float
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, size: int) -> None:
        """Returns when the last of so many bytes is on its way."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + size / self.bytes_per_second
            left = self._free_at - now
        time.sleep(left)


@dataclass
class SlowLink(CuttingProxy):
    """Cuts nothing; `latency` (seconds) is that of each direction, so an answer takes twice as long at the least."""

    latency: float = 0.02
    bytes_per_second: float = 50e6 / 8
    _lanes: dict[bool, Lane] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lanes = {way: Lane(bytes_per_second=self.bytes_per_second) for way in (False, True)}

    def _forward(self, source: socket.socket, target: socket.socket, most: int | None = None) -> None:
        if most is not None:
            raise ValueError("a slow link cuts no connection")
        with suppress(OSError):  # closed meanwhile
            lane = self._lanes[target.getpeername()[1] == self.target]
            on_its_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
            self._spawn(self._deliver, on_its_way, target)
            # The handshake of a new connection takes a way there and back before the first byte.
            wait = 2 * self.latency
            try:
                while piece := source.recv(_PIECE):
                    lane.send(len(piece))
                    on_its_way.put((time.monotonic() + self.latency + wait, piece))
                    wait = 0.0
            finally:
                on_its_way.put((time.monotonic() + self.latency, b""))

    def _deliver(self, on_its_way: SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
        """Until the sender has ended, whose end arrives late too."""
        with suppress(OSError):
            while True:
                arrives_at, piece = on_its_way.get()
                time.sleep(max(0.0, arrives_at - time.monotonic()))
                if not piece:
                    break
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_link(target: int) -> Iterator[SlowLink]:
    """A link of 20 ms each way and 50 Mbit/s to a port on loopback, gone after the block."""
    link = SlowLink(target)
    link.start()
    try:
        yield link
    finally:
        link.close()
