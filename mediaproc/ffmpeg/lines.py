"""Splits a child's output into lines, in whatever pieces it comes; of a line without an end the last bytes are kept."""


class Lines:
    """Collects the pieces; `most` is how many bytes of an unfinished line are kept."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._rest = b""

    def whole(self, chunk: bytes) -> list[bytes]:
        """The lines that the next bytes complete, without their line ends."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[-self._most :]
        return lines
