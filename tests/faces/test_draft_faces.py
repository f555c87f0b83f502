"""The faces of a draft: its own where they are good, else open ones of the machine, each told."""

from collections.abc import Mapping
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest

from mediaproc.core.captions import AvailableFace, Captions, FaceFile
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.faces import read_face
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes
from mediaproc.core.timeline import Clip, Layer, SpeedPiece, Text, Timeline
from mediaproc.faces import choose_draft_faces, faces_below, machine_faces, write_face
from mediaproc.faces.draft_faces import Read
from tests.core.captions.drawn import CANVAS, RATE, placement, style, text
from tests.parts.faces import DEJAVU, INTER, content


def _reading(files: Mapping[str, bytes]) -> Read:
    def read(name: str, limit: int) -> bytes:
        if len(files[name]) > limit:
            raise BadSource("It is too large.", error_class=ErrorClass.TOO_LARGE)
        return files[name]

    return read


def _timeline(*texts: Text) -> Timeline:
    return Timeline(canvas=CANVAS, rate=RATE, frames=10, layers=(Layer(texts=texts),))


def _chosen(*texts: Text, files: Mapping[str, bytes], notes: Notes) -> Captions:
    names = {name: name for name in files}
    return choose_draft_faces(_timeline(*texts), other_files=names, read=_reading(files), notes=notes)


def _codes(notes: Notes) -> list[tuple[NoteCode, str, str]]:
    return [(note.code, note.name, note.value) for note in notes.all(duration=0)]


def test_the_face_of_the_bundle_is_taken_and_copied_into_the_room() -> None:
    files, notes = {"my.otf": content(INTER)}, Notes()

    chosen = _chosen(text("Hi", runs=[(2, style(font="my.otf"))]), files=files, notes=notes)

    assert [(face.name, face.source.bundled) for face in chosen.faces] == [("fonts/f01.ttf", "my.otf")]
    assert _codes(notes) == []
    copy = _copied(chosen.faces[0], files=files)
    assert read_face(memoryview(copy)).family == "mp01"
    assert len(copy) <= chosen.faces[0].source.size < chosen.memory


def test_a_broken_face_of_the_bundle_is_told_with_what_is_taken_instead() -> None:
    content(DEJAVU)
    files, notes = {"C:\\fonts\\my.otf": b"OTTO and no more"}, Notes()

    chosen = _chosen(text("Hi", runs=[(2, style(font="C:\\fonts\\my.otf"))]), files=files, notes=notes)

    assert chosen.faces[0].source.path
    other = chosen.faces[0].source.face.family
    assert {(code, name) for code, name, _ in _codes(notes)} == {
        (NoteCode.FACE_UNUSABLE, "my.otf"),
        (NoteCode.TEXT_FACE, other),
    }


def test_faces_that_are_too_large_together_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediaproc.faces.draft_faces._MOST_BYTES", len(content(INTER)) + 1000)
    files, notes = {"a.otf": content(INTER), "b.otf": content(INTER)}, Notes()
    texts = [text("Hi", runs=[(2, style(font=font))]) for font in files]

    _chosen(*texts, files=files, notes=notes)

    assert [name for code, name, _ in _codes(notes) if code is NoteCode.FACE_UNUSABLE] == ["b.otf"]


def test_texts_within_a_compound_clip_get_their_faces() -> None:
    content(DEJAVU)
    inner = _timeline(text("inside"))
    outer = Timeline(canvas=CANVAS, rate=RATE, frames=10, layers=(Layer(clips=(_compound(inner),)),))

    chosen = choose_draft_faces(outer, other_files={}, read=_reading({}), notes=Notes())

    assert chosen.draws(inner.layers[0].texts[0])


def test_a_face_that_went_since_it_was_chosen_fails_the_attempt_with_a_sentence(tmp_path: Path) -> None:
    face = read_face(memoryview(content(DEJAVU)))
    gone = FaceFile(
        name="fonts/f01.ttf", family="mp01", source=AvailableFace(face=face, path=str(tmp_path / "gone.ttf"))
    )
    with pytest.raises(AttemptFailed, match=r"gone\.ttf is not there any more"):
        write_face(gone, BytesIO(), read=_reading({}))


def test_what_is_no_face_among_a_machines_faces_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "good.TTF").write_bytes(content(DEJAVU))
    (tmp_path / "empty.ttf").touch()
    (tmp_path / "broken.ttc").write_bytes(b"ttcf\x00\x01\x00\x00\x00\x00\x00\x09")
    (tmp_path / "folder.otf").mkdir()
    (tmp_path / "link.ttf").symlink_to("nowhere")
    (tmp_path / "notes.txt").write_bytes(content(DEJAVU))

    found = faces_below((tmp_path, tmp_path / "not there"))

    assert [Path(each.path).name for each in found] == ["good.TTF"]


def test_a_machine_is_looked_through_once() -> None:
    assert machine_faces() is machine_faces()


def _copied(file: FaceFile, *, files: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    write_face(file, target, read=_reading(files))
    return target.getvalue()


def _compound(timeline: Timeline) -> Clip:
    return Clip(
        id="c",
        first=0,
        frames=10,
        source=timeline,
        source_start=0,
        source_duration=400_000,
        speed=Fraction(1),
        pieces=(SpeedPiece(frames=10, source_start=0, speed=Fraction(1)),),
        placement=placement(),
    )
