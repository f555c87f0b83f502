"""The descriptions of a track that are in use say whether it needs a key."""

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.ffmpeg.mp4_encryption import encrypted_tracks
from tests.ffmpeg.test_mp4_boxes import box

CLEAR = box(b"avc1", b"\0" * 78 + box(b"avcC", b"x"))
ENCRYPTED = box(b"encv", b"\0" * 78 + box(b"sinf", box(b"frma", b"avc1") + box(b"schm", b"cbcs") + box(b"tenc", b"k")))


def _track(number: int, *descriptions: bytes, used: tuple[int, ...] = (1,)) -> bytes:
    chunks = b"".join(struct.pack(">LLL", place + 1, 1, description) for place, description in enumerate(used))
    tables = box(b"stsd", struct.pack(">LL", 0, len(descriptions)) + b"".join(descriptions))
    tables += box(b"stsc", struct.pack(">LL", 0, len(used)) + chunks)
    header = box(b"tkhd", struct.pack(">LLLL", 0, 0, 0, number))
    return box(b"trak", header + box(b"mdia", box(b"minf", box(b"stbl", tables))))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return tmp_path / "film.mp4"


def _write(film: Path, *parts: bytes) -> Path:
    film.write_bytes(box(b"ftyp", b"isom") + b"".join(parts))
    return film


def test_only_the_track_that_says_so_needs_a_key(film: Path) -> None:
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, ENCRYPTED) + _track(2, CLEAR)))) == {1}
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, CLEAR) + _track(7, ENCRYPTED)))) == {7}
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, CLEAR)), box(b"mdat", ENCRYPTED))) == frozenset()


def test_of_two_descriptions_the_one_that_is_used_decides(film: Path) -> None:
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, ENCRYPTED, CLEAR, used=(2,))))) == frozenset()
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, ENCRYPTED, CLEAR, used=(2, 1))))) == {1}


@pytest.mark.parametrize(("own", "encrypted"), [(None, {1}), (1, {1}), (2, set())])
def test_a_fragment_chooses_or_has_what_the_index_says(film: Path, own: int | None, encrypted: set[int]) -> None:
    usual = box(b"mvex", box(b"trex", struct.pack(">LLLLLL", 0, 1, 1, 0, 0, 0)))
    fields = struct.pack(">LL", 0x2 if own else 0, 1) + (struct.pack(">L", own) if own else b"")
    moof = box(b"moof", box(b"traf", box(b"tfhd", fields)))
    assert encrypted_tracks(_write(film, box(b"moov", _track(1, ENCRYPTED, CLEAR, used=()) + usual), moof)) == encrypted


@given(
    content=st.binary(max_size=300)
    | st.builds(lambda cut: box(b"moov", _track(1, ENCRYPTED))[:cut], st.integers(0, 260))
)
def test_no_content_makes_it_fail(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        assert encrypted_tracks(Path(file.name)) <= {1}
