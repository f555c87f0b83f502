"""The file itself shows whether an mp4's index comes before its media data."""

import struct
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.ffmpeg.mp4_boxes import fragments_size, lacks_its_index, top_level_boxes
from mediaproc.ffmpeg.mp4_encryption import encrypted_tracks


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


def test_a_film_whose_index_was_cut_off_is_told_from_what_is_no_film(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    whole = box(b"ftyp", b"isom") + box(b"mdat", b"x" * 100) + box(b"moov", b"index")
    for kept, lacks in ((len(whole), False), (len(whole) - 1, True), (len(whole) - 13, True), (60, True), (12, False)):
        film.write_bytes(whole[:kept])
        assert lacks_its_index(film) is lacks, kept
    film.write_bytes(box(b"styp") + box(b"moof") + box(b"mdat"))
    assert not lacks_its_index(film)
    film.write_bytes(b"no boxes, but mdat and moov in a text")
    assert not lacks_its_index(film)


def test_a_film_in_fragments_says_how_long_its_last_one_was(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    whole = box(b"ftyp") + box(b"moov") + box(b"moof") + box(b"mdat", b"x" * 100)
    film.write_bytes(whole[:-50])
    assert fragments_size(film) == len(whole)
    film.write_bytes(box(b"ftyp") + box(b"moov") + box(b"mdat", b"x" * 100)[:-50])
    assert fragments_size(film) is None


@given(content=st.binary(max_size=200))
def test_no_content_makes_the_reader_fail_or_hang(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as film:
        film.write(content)
        film.flush()
        path = Path(film.name)
        assert len(top_level_boxes(path)) <= len(content) // 8
        _ = (lacks_its_index(path), fragments_size(path), encrypted_tracks(path))
