"""What ffprobe writes, read as it comes: its packets are summed up, its JSON without them is kept."""

import json
import re

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.packets import PacketFacts, PacketWalk

# Each packet on a line of its own.
REPORT_OPTIONS = ("-print_format", "json=compact=1")

# More than any video needs: of JSON (bytes), of streams with packets.
_MOST_JSON = 16 * 1024 * 1024
_MOST_STREAMS = 1_000

_PACKETS_BEGIN, _PACKETS_END = b'    "packets": [', b"    ]"
_PACKET = re.compile(rb' {8}\{ "stream_index": (\d{1,9}),')


class Report:
    """One run's standard output; a hostile ffprobe gets no more memory for it than an honest one."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._rest = b""
        self._is_in_packets = False
        self._walks: dict[int, PacketWalk] = {}

    def read(self, chunk: bytes) -> None:
        """The next bytes; raises BadSource where there are too many."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._see(line)
        if len(self._kept) + len(self._rest) > _MOST_JSON:
            raise BadSource(
                "The file describes its streams at more length than any video; upload the original recording.",
                error_class=ErrorClass.UNREADABLE,
            )

    def _see(self, line: bytes) -> None:
        if not self._is_in_packets:
            self._kept += line + b"\n"
            self._is_in_packets = line.startswith(_PACKETS_BEGIN)
        elif line.startswith(_PACKETS_END):
            self._kept += line + b"\n"
            self._is_in_packets = False
        elif (packet := _PACKET.match(line)) is not None and int(packet[1]) < _MOST_STREAMS:
            self._walks.setdefault(int(packet[1]), PacketWalk()).step(line.decode(errors="replace"))

    def document(self) -> dict[str, object]:
        """The JSON without its packets, empty where there is none: ffprobe may be ended at any byte."""
        try:
            document = json.loads(self._kept + self._rest)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def packets(self) -> dict[int, PacketFacts]:
        """The packets of each stream that has any, by its index."""
        return {stream: walk.facts() for stream, walk in self._walks.items()}
