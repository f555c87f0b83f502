"""Reading ffprobe's output costs bounded memory and time, whatever ffprobe writes."""

import json
import subprocess

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.packets import PACKET_OPTIONS
from mediaproc.ffmpeg.probe_reader import REPORT_OPTIONS, ProbeReader
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.conftest import MakeClip

PACKET = (
    b'        { "stream_index": 0, "pts_time": "1.5", "dts_time": "1.5", "duration_time": "0.04", "flags": "K_" },\n'
)
PACKETS = b'{\n    "packets": [\n'


def test_a_reading_of_facts_and_packets_tells_what_two_readings_tell(tools: Tools, make_clip: MakeClip) -> None:
    source = make_clip(seconds=1, video="libx264", suffix=".mp4")
    command = [str(tools.ffprobe), "-v", "error", "-show_format", "-show_streams"]
    alone = json.loads(subprocess.run([*command, "-of", "json", source], capture_output=True, check=True).stdout)
    both = subprocess.run([*command, *PACKET_OPTIONS, *REPORT_OPTIONS, source], capture_output=True, check=True).stdout
    reader = ProbeReader()
    reader.read(both)
    document = reader.document()
    assert document.pop("packets") == []
    for stream in json.loads(both)["streams"]:
        assert reader.packets()[stream["index"]].count == int(stream["nb_read_packets"])
    streams = document["streams"]
    assert isinstance(streams, list)
    for stream in streams:
        stream.pop("nb_read_packets")
    assert document == alone


def test_a_line_in_many_pieces_is_whole() -> None:
    reader = ProbeReader()
    for byte in PACKETS + PACKET:
        reader.read(bytes((byte,)))
    assert reader.packets()[0].count == 1


def test_packets_are_not_kept() -> None:
    reader = ProbeReader()
    reader.read(PACKETS)
    for _ in range(200):
        reader.read(PACKET * 1_000)
    assert reader.packets()[0].count == 200_000
    assert _kept_by(reader) < 1_000


def test_a_line_without_an_end_is_not_kept_among_packets() -> None:
    reader = ProbeReader()
    reader.read(PACKETS)
    for _ in range(1_000):
        reader.read(b"x" * 65_536)
    assert _kept_by(reader) < 5_000


def test_facts_without_an_end_are_refused() -> None:
    reader = ProbeReader()
    for _ in range(256):
        reader.read(b"x" * 65_536)
    with pytest.raises(BadSource, match="at more length than any video"):
        reader.read(b"x")


def test_facts_that_come_byte_by_byte_are_not_copied_for_each() -> None:
    reader = ProbeReader()
    reader.read(b"x" * 15_000_000)
    # A reader that copied its buffer each time would copy three terabytes.
    for _ in range(200_000):
        reader.read(b"x")
    assert _kept_by(reader) == 15_200_000


def test_invented_streams_are_bounded() -> None:
    reader = ProbeReader()
    reader.read(PACKETS)
    for stream in range(100_000):
        reader.read(PACKET.replace(b"0", str(stream).encode(), 1))
    assert len(reader.packets()) == 16


@pytest.mark.parametrize("place", [b"9" * 19, b"9" * 400, b"9" * 4_299, b"9" * 5_000, b"-1", b"x"])
def test_a_place_that_no_file_has_breaks_nothing(place: bytes) -> None:
    reader = ProbeReader()
    reader.read(PACKETS)
    for second in (b"1", b"2", b"3"):
        reader.read(PACKET.replace(b'"1.5"', b'"%b"' % second).replace(b', "flags"', b', "pos": "%b", "flags"' % place))
    assert reader.packets()[0].count in {0, 3}


@pytest.mark.parametrize("written", [b"", b"[]", b"{", b"\xff", PACKETS + PACKET, b"[" * 100_000])
def test_half_a_document_is_none(written: bytes) -> None:
    reader = ProbeReader()
    reader.read(written)
    assert reader.document() == {}


def _kept_by(reader: ProbeReader) -> int:
    return len(reader._kept) + len(reader._line)  # noqa: SLF001 - what it keeps has no other name
