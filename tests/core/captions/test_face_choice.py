"""Which faces texts get, and what is told of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.captions import Captions
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes
from tests.core.captions.drawn import captions, placement, style, text
from tests.parts.faces import DEJAVU, INTER, MICRO_HEI


def _told(notes: Notes) -> list[tuple[NoteCode, str, str]]:
    return [(note.code, note.name, note.value) for note in notes.all(duration=0)]


def _faces(chosen: Captions) -> list[str]:
    return [file.source.face.family for file in chosen.faces]


@pytest.mark.parametrize(
    ("words", "family"),
    [("Plain", "WenQuanYi Micro Hei"), ("中文 and Latin", "WenQuanYi Micro Hei"), ("عربي", "DejaVu Sans")],
)
def test_the_first_face_in_a_fixed_order_that_has_all_letters_is_taken_and_told(words: str, family: str) -> None:
    for machine in ([DEJAVU, INTER, MICRO_HEI], [MICRO_HEI, INTER, DEJAVU]):
        notes = Notes()
        chosen = captions(text(words), machine=machine, notes=notes)
        assert _faces(chosen) == [family]
        assert _told(notes) == [(NoteCode.TEXT_FACE, family, "")]


def test_letters_that_no_single_face_has_all_of_are_drawn_in_several() -> None:
    notes = Notes()
    words = text("中 عربي")

    chosen = captions(words, machine=[DEJAVU, MICRO_HEI], notes=notes)

    assert _faces(chosen) == ["WenQuanYi Micro Hei", "DejaVu Sans"]
    assert [stretch.words for stretch in chosen.lines[words][0]] == ["中 ", "عربي"]


def test_the_face_that_the_draft_brings_is_taken_for_what_it_has() -> None:
    notes = Notes()
    words = text("A中", runs=[(2, style(font="C:\\my\\face.otf"))])

    chosen = captions(words, bundled={"C:\\my\\face.otf": INTER}, machine=[MICRO_HEI], notes=notes)

    assert _faces(chosen) == ["Inter", "WenQuanYi Micro Hei"]
    assert _told(notes) == [(NoteCode.FACE_WITHOUT_GLYPHS, "face.otf", "WenQuanYi Micro Hei")]


@pytest.mark.parametrize("words", ["fine \U0001f9ff", "ไทย", "\ue123", "\U000e0041x\U0001fae8"])
def test_a_text_with_a_letter_that_no_face_has_is_left_out_and_told(words: str) -> None:
    notes = Notes()
    left_out, fine = text(words), text("fine")

    chosen = captions(left_out, fine, machine=[INTER, MICRO_HEI], notes=notes)

    assert not chosen.draws(left_out)
    assert chosen.draws(fine)
    assert [code for code, _, _ in _told(notes)] == [NoteCode.TEXT_WITHOUT_GLYPHS, NoteCode.TEXT_FACE]


def test_without_any_face_every_text_is_left_out_and_told() -> None:
    notes = Notes()
    assert captions(text("Hi"), machine=[], notes=notes).faces == ()
    assert _told(notes) == [(NoteCode.TEXT_WITHOUT_GLYPHS, "H i", "")]


def test_what_acts_without_a_look_of_its_own_is_left_out() -> None:
    override, isolate, selector = "\u202e", "\u2066", "\ufe0f"
    words = text(f"a{override}b{isolate}cd{selector}")

    chosen = captions(words, machine=[MICRO_HEI])

    assert chosen.lines[words][0][0].words == "abcd"


def test_a_bold_face_is_taken_where_the_family_has_one() -> None:
    bold = DEJAVU.with_name("DejaVuSans-Bold.ttf")
    chosen = captions(text("Hi", runs=[(2, replace(style(), is_bold=True))]), machine=[DEJAVU, bold])
    assert [Path(file.source.path) for file in chosen.faces] == [bold]


def test_letters_far_larger_than_the_canvas_are_drawn_smaller_and_told() -> None:
    notes = Notes()
    captions(text("H", at=placement(scale=100)), notes=notes)
    assert (NoteCode.TEXT_TOO_LARGE, "", "640") in _told(notes)
