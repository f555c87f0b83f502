"""A pooler that refuses a connection with `options`; each real pooler refuses it with an error of its own."""

import struct

from tests.parts.proxy import Proxy, _Link


class RefusingPooler(Proxy):
    """Refuses connections that bring `options`; `times`: no more than so many."""

    def __init__(self, target: int, *, sqlstate: str, words: str, times: int = 1_000_000) -> None:
        self._answer = _error(sqlstate, words) if words else b""
        self.left = times
        super().__init__(target)

    def _to_server(self, link: _Link, received: bytes) -> bool:
        if not link.is_started and b"\0options\0" in received and self.left > 0:
            self.left -= 1
            link.send(link.client, self._answer)
            return False
        # A request before the startup message, such as that for TLS, has eight bytes.
        link.is_started = link.is_started or len(received) > struct.calcsize("ii")
        return super()._to_server(link, received)


def _error(sqlstate: str, words: str) -> bytes:
    fields = b"".join(
        f"{kind}{text}\0".encode() for kind, text in zip("SVCM", ("FATAL", "FATAL", sqlstate, words), strict=True)
    )
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"
