"""ffmpeg takes any bytes for a bare stream if their name ends like one; a file without a picture is still no video."""

import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.ffmpeg.runner import FfmpegRunner

NO_STREAMS = {
    "one byte": b"x",
    "text": b"A film of the holidays is not in here.\n" * 2_000,
    "a playlist": b"#EXTM3U\n#EXT-X-VERSION:7\n#EXTINF:1.0,\nsibling.mp4\n#EXT-X-ENDLIST\n",
    "a script": b"ffconcat version 1.0\nfile sibling.mp4\n",
    "zeros": bytes(100_000),
    "begins of units": b"\0\0\1" * 50_000,
    "begins of headers": b"\0\0\0\1\x67\x42\xc0\x1e" * 20_000,
    "headers of HEVC without a picture": b"\0\0\0\1\x40\1\x0c\0\0\0\1\x42\1\1\0\0\0\1\x44\1\1\0\0\0\1\x26\1" * 50,
    "a recording's first bytes": bytes.fromhex("b7d800203749da11a64e0007e95ead8d") + bytes(8_000),
}


@pytest.mark.parametrize("ending", ["h264", "264", "hevc", "h265", "wtv", "avi", "bin"])
@pytest.mark.parametrize("content", NO_STREAMS.values(), ids=NO_STREAMS)
def test_what_is_no_stream_is_unreadable_whatever_its_name(
    content: bytes, ending: str, runner: FfmpegRunner, tmp_path: Path, stop: threading.Event
) -> None:
    source = tmp_path / f"holiday.{ending}"
    source.write_bytes(content)
    with pytest.raises(BadSource) as caught:
        runner.probe(source, stop=stop)
    assert caught.value.error_class is ErrorClass.UNREADABLE
