"""What ffprobe writes costs memory and time by what is in it, whatever it writes."""

import json
import subprocess

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.packets import PACKET_OPTIONS
from mediaproc.ffmpeg.report import REPORT_OPTIONS, Report
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
    report = Report()
    report.read(both)
    document = report.document()
    assert document.pop("packets") == []
    for stream in json.loads(both)["streams"]:
        assert report.packets()[stream["index"]].count == int(stream["nb_read_packets"])
    streams = document["streams"]
    assert isinstance(streams, list)
    for stream in streams:
        stream.pop("nb_read_packets")
    assert document == alone


def test_a_line_in_many_pieces_is_whole() -> None:
    report = Report()
    for byte in PACKETS + PACKET:
        report.read(bytes((byte,)))
    assert report.packets()[0].count == 1


def test_packets_are_not_kept() -> None:
    report = Report()
    report.read(PACKETS)
    for _ in range(200):
        report.read(PACKET * 1_000)
    assert report.packets()[0].count == 200_000
    assert len(report._kept) + len(report._rest) < 1_000  # noqa: SLF001 - what it keeps has no other name


@pytest.mark.parametrize("begin", [b"", PACKETS], ids=["facts", "packets"])
def test_what_has_no_end_is_refused(begin: bytes) -> None:
    report = Report()
    report.read(begin)
    for _ in range(250):
        report.read(b"x" * 65_536)
    with pytest.raises(BadSource, match="at more length than any video"):
        report.read(b"x" * 1_000_000)


def test_invented_streams_are_bounded() -> None:
    report = Report()
    report.read(PACKETS)
    for stream in range(0, 100_000, 10):
        report.read(PACKET.replace(b"0", str(stream).encode(), 1))
    assert len(report.packets()) == 100


@pytest.mark.parametrize("written", [b"", b"[]", b"{", b"\xff", PACKETS + PACKET, b"[" * 100_000])
def test_half_a_report_is_none(written: bytes) -> None:
    report = Report()
    report.read(written)
    assert report.document() == {}
