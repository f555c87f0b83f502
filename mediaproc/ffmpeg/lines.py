"""A child's output as lines, however it comes in pieces; of a line that never ends only its last bytes are kept."""


class Lines:
    """Collects pieces; `most` is how much of a line without an end is kept (bytes)."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._rest = b""

    def whole(self, chunk: bytes) -> list[bytes]:
        """The lines that the next bytes end, without their ends."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[-self._most :]
        return lines
