"""Whether an mp4's index stands before its film is read from the file itself."""

import struct
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.ffmpeg.boxes import top_level_boxes


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">L4s", 8 + len(content), name) + content


def test_boxes_are_named_in_order(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd")) + box(b"mdat", b"x" * 100))
    assert top_level_boxes(film) == ("ftyp", "moov", "mdat")


def test_a_large_size_and_an_open_end_are_understood(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    large = struct.pack(">L4sQ", 1, b"mdat", 16 + 5) + b"x" * 5
    film.write_bytes(box(b"ftyp") + large + struct.pack(">L4s", 0, b"moov") + b"to the end")
    assert top_level_boxes(film) == ("ftyp", "mdat", "moov")


@given(content=st.binary(max_size=200))
def test_no_content_makes_the_reader_fail_or_hang(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as film:
        film.write(content)
        film.flush()
        assert len(top_level_boxes(Path(film.name))) <= len(content) // 8
