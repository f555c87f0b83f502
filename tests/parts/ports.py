"""Ports for servers that are stopped and started again: nobody else takes one meanwhile."""

import random
import socket

# Below those that Linux gives to whoever connects, or asks for any port.
_FIRST, _LAST = 10_000, 32_000


def free_port() -> int:
    """A port of the loopback device that nobody listens on."""
    while True:
        port = random.SystemRandom().randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
