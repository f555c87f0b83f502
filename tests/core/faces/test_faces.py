"""What is read of faces: the same as another program reads, and nothing of a damaged or hostile one."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from mediaproc.core.faces import UnusableFace, copy_face, count_faces, largest_copy, read_face
from mediaproc.core.faces.character_map import read_character_map
from mediaproc.core.faces.face_copy import STAND_INS
from tests.parts.faces import DEJAVU, INTER, MICRO_HEI, content

_WORDS = "Hxgp Äß 1,.;"


@pytest.mark.parametrize(
    ("path", "family"), [(DEJAVU, "DejaVu Sans"), (INTER, "Inter"), (MICRO_HEI, "WenQuanYi Micro Hei")]
)
def test_a_face_has_the_name_the_heights_and_the_widths_that_another_program_finds(path: Path, family: str) -> None:
    face = read_face(memoryview(content(path)))
    other = ImageFont.truetype(path, face.units, layout_engine=ImageFont.Layout.BASIC)

    assert face.family == family
    assert (face.ascent, face.descent) == other.getmetrics()
    for character in _WORDS:
        assert face.advance(character) * face.units == pytest.approx(other.getlength(character), abs=1)


def test_each_face_of_a_collection_is_read_and_no_further_one() -> None:
    data = memoryview(content(MICRO_HEI))

    assert count_faces(data) == 2
    assert read_face(data, index=1).family == "WenQuanYi Micro Hei Mono"
    with pytest.raises(UnusableFace, match="no face number 2"):
        read_face(data, index=2)


def test_a_face_has_its_characters_and_no_others() -> None:
    latin, chinese = (read_face(memoryview(content(path))) for path in (DEJAVU, MICRO_HEI))

    assert latin.has("Ж")
    assert not latin.has("你")
    assert chinese.has("你")
    assert not chinese.has("\U0010fffd")


@pytest.mark.parametrize("path", [DEJAVU, INTER, MICRO_HEI])
def test_a_copy_is_alone_under_our_name_with_the_same_letters(path: Path) -> None:
    data = memoryview(content(path))
    face = read_face(data)

    copy = b"".join(copy_face(data, index=0, name="mp07"))
    read = read_face(memoryview(copy))

    assert read.family == "mp07"
    assert (read.weight, read.is_bold, read.is_italic) == (400, False, False)
    assert (read.ascent, read.descent, read.units) == (face.ascent, face.descent, face.units)
    assert [read.advance(each) for each in _WORDS] == [face.advance(each) for each in _WORDS]
    assert len(copy) <= largest_copy(data, index=0, characters=face.characters)
    assert ImageFont.truetype(BytesIO(copy), 20).getname() == ("mp07", "Regular")


def test_a_copy_has_stand_ins_for_what_means_something_in_ass() -> None:
    data = memoryview(content(DEJAVU))
    copy = b"".join(copy_face(data, index=0, name="mp01"))
    font = ImageFont.truetype(BytesIO(copy), 40)

    for character, stand_in in STAND_INS.items():
        assert bytes(font.getmask(stand_in)) == bytes(font.getmask(character))


@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_face_are_refused(data: bytes) -> None:
    for start in (b"", b"\x00\x01\x00\x00", b"OTTO", b"ttcf\x00\x01\x00\x00\x00\x00\x00\x01"):
        with pytest.raises(UnusableFace):
            read_face(memoryview(start + data))


@given(places=st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_face_is_refused_or_read_and_copied(places: list[tuple[int, int]]) -> None:
    damaged = bytearray(content(INTER)[:60_000])
    for place, value in places:
        # The directory and the tables that are read are hit more often than the outlines.
        damaged[place % (400 if place % 3 else len(damaged))] = value
    data = memoryview(bytes(damaged))
    try:
        face = read_face(data)
        copy = b"".join(copy_face(data, index=0, name="mp01"))
    except UnusableFace:
        return
    assert read_face(memoryview(copy)).line_height == face.line_height


@given(table=st.binary(min_size=4, max_size=400), format_=st.sampled_from([4, 12]))
def test_a_table_of_characters_is_refused_or_gives_glyphs_that_are_there(table: bytes, format_: int) -> None:
    whole = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">H", format_) + table
    try:
        characters = read_character_map(memoryview(whole), glyphs=100)
    except UnusableFace:
        return
    assert all(0 < run.glyph <= run.glyph + run.last - run.first < 100 for run in characters)


def test_a_table_that_claims_all_characters_again_and_again_costs_nothing() -> None:
    groups = struct.pack(">III", 0, 0x10FFFF, 1) * 50_000
    whole = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 0, 0, 50_000) + groups
    with pytest.raises(UnusableFace, match="damaged"):
        read_character_map(memoryview(whole), glyphs=60_000)
