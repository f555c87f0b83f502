"""Ports for servers that are stopped and started again: no other process takes one in between."""

import random
import socket

# Below the range from which Linux picks ports by itself.
_FIRST, _LAST = 10_000, 32_000


def free_port() -> int:
    """A port of the loopback device that no process listens on."""
    while True:
        port = random.SystemRandom().randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
