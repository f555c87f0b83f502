"""Notes that say the same are told together, with every place where it holds."""

from mediaproc.core.notes import Note, NoteCode
from mediaproc.core.notes.grouping import Span, grouped
from mediaproc.core.notes.record import recorded


def _note(code: NoteCode, *, segment: str = "s", start: int = 0, name: str = "") -> Note:
    return Note(code=code, segment_id=segment, start=start * 1_000_000, duration=1_000_000, name=name)


def test_the_same_of_several_places_is_one_group_and_another_name_is_another() -> None:
    notes = [
        _note(NoteCode.STICKER, name="cat", start=1),
        _note(NoteCode.STICKER, name="dog", start=2),
        _note(NoteCode.STICKER, name="cat", segment="t", start=5),
        _note(NoteCode.STICKER, name="cat", segment="u", start=5),
        _note(NoteCode.RATE_ASSUMED, segment=""),
    ]
    groups = grouped(recorded(each) for each in notes)
    assert [(each.note.name, len(each.spans)) for each in groups] == [("cat", 2), ("dog", 1), ("", 0)]
    assert groups[0].spans == (Span(start=1.0, end=2.0), Span(start=5.0, end=6.0))


def test_places_that_are_told_as_the_same_seconds_are_told_once() -> None:
    places = [(200_000, 300_000), (500_000, 500_000), (500_000, 600_000)]
    notes = [
        Note(code=NoteCode.TEXT_APPROXIMATED, segment_id=f"s{start}", start=start, duration=length)
        for start, length in places
    ]
    (group,) = grouped(recorded(each) for each in notes)
    assert [span.seconds for span in group.spans] == [(0, 1), (0, 2)]
