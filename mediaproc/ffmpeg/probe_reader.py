"""Reads ffprobe's output as it comes: sums up the packets, and keeps the JSON without them."""

import json
import re

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.packets import PacketFacts, PacketWalk

# These options print each packet on a line of its own.
REPORT_OPTIONS = ("-print_format", "json=compact=1")

# More than any video needs: of JSON and of a packet's line (bytes), of streams with packets (an output has two).
_MOST_JSON = 16 * 1024 * 1024
_MOST_OF_A_PACKET = 4_096
_MOST_WALKS = 16
# For so many of them the times are kept, which take some 20 MB for a film of five hours.
_MOST_TIMED_WALKS = 8

_PACKETS_BEGIN, _PACKETS_END = b'    "packets": [', b"    ]"
_PACKET = re.compile(rb' {8}\{ "stream_index": (\d{1,9}),')


class ProbeReader:
    """Reads the standard output of one run, in bounded time and memory: an upload may have taken ffprobe over.

    Without `keeps_places` the packets' places in the file are not kept: nothing looks for those of a source.
    """

    def __init__(self, *, keeps_places: bool = True) -> None:
        self._keeps_places = keeps_places
        self._kept = bytearray()
        self._line = bytearray()
        self._is_in_packets = False
        self._walks: dict[int, PacketWalk] = {}

    def read(self, chunk: bytes) -> None:
        """The next bytes; raises BadSource where there are too many."""
        *ends, begin = chunk.split(b"\n")
        for end in ends:
            self._see(bytes(self._line) + end if self._line else end)
            self._line.clear()
        self._line += begin
        if self._is_in_packets:
            # No packet's line is longer: the rest of a line without an end is not kept.
            del self._line[_MOST_OF_A_PACKET:]
        if len(self._kept) + len(self._line) > _MOST_JSON:
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
        elif (packet := _PACKET.match(line)) is not None:
            walk = self._walk_of(int(packet[1]))
            if walk is not None:
                walk.step(line[:_MOST_OF_A_PACKET].decode(errors="replace"))

    def _walk_of(self, stream: int) -> PacketWalk | None:
        if stream not in self._walks and len(self._walks) < _MOST_WALKS:
            is_kept = len(self._walks) < _MOST_TIMED_WALKS
            self._walks[stream] = PacketWalk(keeps_times=is_kept, keeps_places=is_kept and self._keeps_places)
        return self._walks.get(stream)

    def document(self) -> dict[str, object]:
        """The JSON without its packets, empty where there is none: ffprobe may be ended at any byte."""
        try:
            document = json.loads(self._kept + self._line)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def packets(self) -> dict[int, PacketFacts]:
        """The packets of each stream that has any, by its index."""
        return {stream: walk.facts() for stream, walk in self._walks.items()}
