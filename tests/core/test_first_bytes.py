"""The first bytes tell which sources are read in one run: films, but no sound alone, no MPEG-TS and nothing long."""

import pytest

from mediaproc.core.first_bytes import is_walked_unseen

_SMALL = 1024**2
_TS = (b"\x47" + bytes(187)) * 3
_M2TS = (bytes(4) + b"\x47" + bytes(187)) * 3


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x20ftypisom",
        b"RIFF\x00\x10\x00\x00AVI LIST",
        b"\x1aE\xdf\xa3webm",
        b"FLV\x01",
        b"OggS\x00\x02",
        b"",
        b"\x47",
        b"\xff",
        b"\xff\xd8\xff\xe0",
        b"\x47" * 150,
    ],
)
def test_a_film_is_walked_with_its_head(head: bytes) -> None:
    assert is_walked_unseen(head, size=_SMALL)


@pytest.mark.parametrize(
    "head",
    [
        b"ID3\x04",
        b"\xff\xfb\x90\x64",
        b"\xff\xf1\x50\x80",
        b"fLaC\x00",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"FORM\x00\x00\x00\x10AIFFCOMM",
        b"\x00\x00\x00\x20ftypM4A \x00",
        _TS,
        _M2TS,
    ],
)
def test_sound_and_mpegts_are_not(head: bytes) -> None:
    assert not is_walked_unseen(head, size=_SMALL)


def test_a_long_film_shows_its_head_first() -> None:
    assert not is_walked_unseen(b"RIFF\x00\x10\x00\x00AVI LIST", size=33 * _SMALL)
