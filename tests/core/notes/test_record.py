"""Notes come out of history as they went in, however many there were, and whichever version wrote them."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.notes import FLAGS, Note, NoteCode, Notes, Where, flags_of, is_note_flag, is_sound
from mediaproc.core.notes.codes import KINDS
from mediaproc.core.notes.record import count_of, notes_of, record_of, recorded


def note(code: NoteCode = NoteCode.STICKER, *, segment: str = "s1", start: int = 0, name: str = "cat") -> Note:
    return Note(code=code, segment_id=segment, start=start, duration=500_000, name=name)


def test_no_notes_are_kept_as_nothing() -> None:
    assert record_of(()) is None
    assert notes_of(None) == ()


def test_a_note_is_kept_in_seconds_and_told_with_its_sentence() -> None:
    (told,) = notes_of(record_of([note(start=3_200_000)]))
    assert (told.segment, told.start, told.duration) == ("s1", 3.2, 0.5)
    assert (told.feature, told.done, told.code, told.name) == ("sticker", "told", "sticker", "cat")
    assert told.sentence == "The sticker 'cat' is not drawn."


@given(
    st.lists(
        st.builds(
            Note,
            code=st.sampled_from(NoteCode),
            segment_id=st.text(max_size=20),
            start=st.integers(min_value=0, max_value=6 * 3600 * 1_000_000),
            duration=st.integers(min_value=0, max_value=6 * 3600 * 1_000_000),
            name=st.text(max_size=20),
            value=st.text(max_size=20),
            more=st.integers(min_value=0, max_value=10**6),
        ),
        max_size=8,
    )
)
def test_every_note_comes_back_as_it_was(notes: list[Note]) -> None:
    kept = json.loads(json.dumps(record_of(notes)))
    assert notes_of(kept) == tuple(recorded(each) for each in notes)


def test_what_is_too_much_is_counted_by_the_last_note() -> None:
    notes = [note(segment=f"s{n}", start=n * 1_000_000, name="名" * 60) for n in range(2000)]
    kept = record_of(notes)
    assert kept is not None
    assert len(json.dumps(kept, ensure_ascii=False).encode()) <= 256_000
    told = notes_of(kept)
    assert 500 < len(told) < 2000
    assert count_of(told) == 2000
    assert told[-1].sentence == f"There are {2000 - len(told) + 1:,} more notes, which are not kept."
    assert (told[-1].start, told[-1].duration) == (0.0, 1999.5)


def test_as_much_as_fits_exactly_is_kept() -> None:
    notes = [note(segment=f"s{n}") for n in range(10)]
    size = len(json.dumps(record_of(notes), ensure_ascii=False).encode())
    kept = [record_of(notes, most_bytes=most) or [] for most in range(size, size + 400)]
    assert all(len(json.dumps(each, ensure_ascii=False).encode()) <= size + n for n, each in enumerate(kept))
    assert {count_of(notes_of(each)) for each in kept} == {10}
    assert (len(kept[0]) < 10, len(kept[-1])) == (True, 10)


def test_what_a_later_version_has_kept_is_told_all_the_same() -> None:
    kept = record_of([note()])
    assert kept is not None
    (told,) = notes_of([{**kept[0], "code": "hologram", "feature": "hologram", "further": 1}])
    assert told.sentence == "Something is not drawn exactly; this version does not know what 'hologram' means."


@pytest.mark.parametrize("name", ["{value}", "{0.__class__}", "{more}", "%s", "\\1", "</p>{{ 7 * 7 }}"])
def test_a_name_is_told_as_it_is_whatever_it_says(name: str) -> None:
    assert note(name=name).sentence == f"The sticker '{name}' is not drawn."


def test_what_has_no_name_is_not_named() -> None:
    assert note(name="").sentence == "The sticker is not drawn."
    background = note(NoteCode.BACKGROUND_UNKNOWN, name="")
    assert background.sentence == "What fills the canvas is not drawn: the canvas is black there."


def test_notes_beyond_what_is_taken_of_one_code_are_counted() -> None:
    notes = Notes()
    for number in range(510):
        notes.take(NoteCode.STICKER, Where(segment_id=f"s{number}", start=number, duration=1), name="cat")
    taken = notes.all(duration=600)
    assert taken[-1].sentence == "There are 10 more notes like these: sticker."
    assert count_of(notes_of(record_of(taken))) == 510


def test_flags_are_a_closed_set_and_each_is_told_once() -> None:
    assert flags_of([note(), note(segment="s2"), note(NoteCode.REVERSED)]) == (
        "note:reverse:approximated",
        "note:sticker:told",
    )
    assert {note(code).flag for code in NoteCode} == FLAGS
    assert all(is_note_flag(each) for each in FLAGS)
    assert not is_note_flag("video_codec")


def test_every_code_has_a_sentence() -> None:
    assert set(KINDS) == set(NoteCode)
    for kind in KINDS.values():
        assert kind.sentence[0].isupper() or kind.sentence.startswith("{")
        assert kind.sentence.endswith(".")


def test_what_is_taken_is_sound_and_what_somebody_else_made_may_not_be() -> None:
    notes = Notes()
    notes.take(NoteCode.STICKER, Where(segment_id="a\0\ud800", start=0, duration=1), name="\u202e" * 300, value="\n")
    assert all(map(is_sound, notes.all(duration=1)))
    for changed in (
        {"name": "\0"},
        {"name": "\ud800"},
        {"name": "x" * 81},
        {"value": None},
        {"segment_id": b"s"},
        {"start": math.nan},
        {"duration": 2**60},
        {"more": "1"},
        {"code": "sticker"},
    ):
        assert not is_sound(replace(note(), **changed)), changed
    assert not is_sound("sticker")
