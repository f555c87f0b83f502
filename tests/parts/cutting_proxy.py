"""A TCP proxy that cuts a connection after a number of bytes from the server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class CuttingProxy:
    """Forwards to a port on loopback; a new connection is cut after `cut_after` bytes from the server."""

    target: int
    cut_after: int | None = None
    cuts: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _threads: list[threading.Thread] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where clients connect."""
        port: int = self._listener.getsockname()[1]
        return port

    def start(self) -> None:
        """Accept until it is closed."""
        self._spawn(self._accept)

    def close(self) -> None:
        """End every connection and wait for its threads."""
        for open_socket in [self._listener, *self._sockets]:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(timeout=10)
        for open_socket in [self._listener, *self._sockets]:
            open_socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self._sockets += [client, server]
            self._spawn(self._forward, client, server)
            self._spawn(self._forward, server, client, self.cut_after)

    def _forward(self, source: socket.socket, target: socket.socket, most: int | None = None) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(65536):
                if most is not None and passed + len(piece) > most:
                    target.sendall(piece[: most - passed])
                    self.cuts += 1
                    break
                target.sendall(piece)
                passed += len(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


@contextmanager
def cutting_proxy(target: int) -> Iterator[CuttingProxy]:
    """A proxy in front of a port on loopback, gone after the block."""
    proxy = CuttingProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()
