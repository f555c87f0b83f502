"""What is not in the bundle rejects the draft by its name, or is left out and told."""

import pytest

from mediaproc.core.draft.bundle_names import read_names
from mediaproc.core.draft.supplies import supply
from mediaproc.core.errors import BadSource
from mediaproc.core.notes import NoteCode
from tests.core.draft.drafts import Json, draft, read, segment, still, track, video, words

_FILES = ["draft_content.json", "assets/film.mp4", "assets/picture.png", "assets/music.mp3"]


def _document() -> Json:
    fade = {"id": "fade", "name": "Dissolve", "duration": 400_000}
    return draft(
        track(
            "video",
            segment("a", "film", 0, 1, extra_material_refs=["fade"]),
            segment("b", "gone", 1, 1, extra_material_refs=["fade"]),
            segment("c", "picture", 2, 1, extra_material_refs=["fade"]),
            segment("d", "picture", 3, 1),
        ),
        track("audio", segment("m", "music", 0, 2)),
        track("text", segment("t", "w", 0, 1)),
        materials={
            "videos": [video("film"), still("picture"), video("gone")],
            "transitions": [fade],
            "texts": [words("w", "hello", [{"range": [0, 5], "font": {"path": "C:\\Fonts\\fancy.ttf"}}])],
        },
    )


def test_a_missing_material_rejects_the_draft_by_the_name_of_its_file() -> None:
    with pytest.raises(BadSource, match=r"not in its bundle, 'gone\.mp4': add them") as refused:
        supply(read(_document()), names=read_names(_FILES))
    assert "author" not in str(refused.value)


def test_an_ambiguous_material_rejects_it_even_where_missing_ones_are_accepted() -> None:
    names = read_names([*_FILES, "x/gone.mp4", "y/gone.mp4"])
    with pytest.raises(BadSource, match=r"of 'x/gone\.mp4', 'y/gone\.mp4'"):
        supply(read(_document()), names=names, accept_missing=True)


def test_what_is_missing_and_accepted_is_left_out_with_its_transitions_and_told() -> None:
    supplied = supply(read(_document()), names=read_names(_FILES), accept_missing=True)
    layer = supplied.timeline.layers[0]
    assert [clip.id for clip in layer.clips] == ["a", "c", "d"]
    assert [(each.before, each.first) for each in layer.transitions] == [(1, 84)]
    assert [each.id for each in supplied.timeline.sounds] == ["a", "m"]
    assert [(note.name, note.segment_id) for note in supplied.notes if note.code is NoteCode.MATERIAL_MISSING] == [
        ("gone.mp4", "b")
    ]
    assert {each.id: name for each, name in supplied.materials.items()} == {
        "film": "assets/film.mp4",
        "picture": "assets/picture.png",
        "music": "assets/music.mp3",
    }


def test_a_face_is_taken_from_the_bundle_or_told() -> None:
    names = [*_FILES, "assets/gone.mp4"]
    told = supply(read(_document()), names=read_names(names))
    assert [note.name for note in told.notes if note.code is NoteCode.FONT_MISSING] == ["fancy.ttf"]
    there = supply(read(_document()), names=read_names([*names, "fonts/fancy.ttf"]))
    assert there.other_files == {"C:\\Fonts\\fancy.ttf": "fonts/fancy.ttf"}
    assert NoteCode.FONT_MISSING not in {note.code for note in there.notes}


def test_a_draft_of_which_all_is_missing_is_refused_whatever_is_accepted() -> None:
    document = draft(track("video", segment("a", "film", 0, 2)))
    with pytest.raises(BadSource, match="Nothing of the draft can be drawn"):
        supply(read(document), names=read_names(["draft_content.json"]), accept_missing=True)
