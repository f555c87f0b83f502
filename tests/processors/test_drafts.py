"""A draft is drawn by the same attempt as any task: its bundle fills the room, what is not drawn exactly is told."""

import json
from pathlib import Path
from threading import Event

import pytest

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Rejected
from mediaproc.core.notes import NoteCode, flags_of
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.core.source_type import DRAFT
from mediaproc.core.task import Rendition
from mediaproc.processors import Processors
from mediaproc.store.directory import DirectoryStore
from tests.core.draft.drafts import SECOND, Json, draft, segment, still, track, video, words
from tests.draft_bundle.zips import write_zip
from tests.parts.clips import Clips
from tests.parts.site import make_runner
from tests.processors.conftest import Attempt

_LENIENT = parse_profiles('[profile.lenient]\nbase = "draft"\naccept_missing = true\n')
_LENGTH = 0.48
_CANVAS = {"width": 160, "height": 120, "ratio": "original", "background": None}
_FACE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
# Two steps on each side: red and blue change places.
_CUBE = b"LUT_3D_SIZE 2\n" + b"".join(
    b"%d %d %d\n" % (blue, green, red) for blue in (0, 1) for green in (0, 1) for red in (0, 1)
)


def _draft(*tracks: Json, materials: Json | None = None, **of_clip: object) -> Json:
    """Twelve frames of the film, under whatever else there is."""
    lists = {"videos": [video("film", width=160, height=120), still("picture")], "audios": []} | (materials or {})
    main = track("video", segment("s", "film", 0, _LENGTH, **of_clip))
    return draft(main, *tracks, materials=lists, canvas_config=_CANVAS, duration=round(_LENGTH * SECOND), fps=25.0)


def _bundle(path: Path, document: Json, *, film: bytes, **files: bytes) -> Path:
    return write_zip(path, {"draft_content.json": json.dumps(document).encode(), "assets/film.mp4": film, **files})


@pytest.fixture
def film(clips: Clips) -> bytes:
    return clips.make("mov").read_bytes()


def test_a_draft_becomes_a_film_with_notes(
    attempt: Attempt, film: bytes, tmp_path: Path, store: DirectoryStore
) -> None:
    effects = {"effects": [{"id": "f", "type": "filter", "name": "Warm", "value": 1.0}]}
    bundle = _bundle(tmp_path / "a.zip", _draft(materials=effects, extra_material_refs=["f"]), film=film)
    ending = attempt(bundle, profile="draft", processors=Processors(), mime_type=DRAFT.mime_type).ending
    assert isinstance(ending, Rendition), ending
    assert (ending.width, ending.height, ending.duration, ending.verification) == (160, 120, _LENGTH, "verified")
    assert (ending.video_codec, ending.audio_codec, ending.is_film) == ("h264", "aac", True)
    assert NoteCode.FILTER in {note.code for note in ending.notes}
    assert set(flags_of(ending.notes)) <= set(ending.flags)
    assert "note:filter:told" in ending.flags
    store.get(ending.key, tmp_path / "got.mp4", stop=Event())
    probe = make_runner().probe(tmp_path / "got.mp4", stop=Event())
    assert probe.videos[0].packets is not None
    assert probe.videos[0].packets.count == 12 or probe.videos[0].packets.count == 13


def test_faces_and_lookup_tables_of_the_bundle_come_into_the_room(
    attempt: Attempt, film: bytes, tmp_path: Path
) -> None:
    style = {"range": [0, 2], "size": 20.0, "font": {"id": "", "path": "/home/author/face.ttf"}}
    document = _draft(
        track("text", segment("t", "w", 0, _LENGTH)),
        materials={"texts": [words("w", "Hi", [style])], "effects": [_lookup_table()]},
        extra_material_refs=["lut"],
    )
    files = {"face.ttf": _FACE.read_bytes(), "swap.cube": _CUBE}
    bundle = _bundle(tmp_path / "a.zip", document, film=film, **files)
    ending = attempt(bundle, profile="draft", processors=Processors(), mime_type=DRAFT.mime_type).ending
    assert isinstance(ending, Rendition), ending
    assert {NoteCode.FONT_MISSING, NoteCode.LOOKUP_TABLE_MISSING} & {note.code for note in ending.notes} == set()
    assert NoteCode.LOOKUP_TABLE_APPROXIMATED in {note.code for note in ending.notes}


def _lookup_table() -> Json:
    return {"id": "lut", "type": "lut", "name": "swap", "path": "/home/author/swap.cube", "value": 1.0}


def test_a_film_is_not_drawn_and_a_draft_not_transcoded(
    attempt: Attempt, clips: Clips, film: bytes, tmp_path: Path
) -> None:
    bundle = _bundle(tmp_path / "a.zip", _draft(), film=film)
    for source, profile, mime_type in ((clips.make(), "draft", "video/mp4"), (bundle, "mp4", DRAFT.mime_type)):
        ending = attempt(source, profile=profile, processors=Processors(), mime_type=mime_type).ending
        assert isinstance(ending, Rejected), ending
        assert ending.error == f"The profile {profile} makes nothing of a file of this kind, {mime_type}."


def test_a_material_that_is_no_film_rejects_the_draft_by_its_name(attempt: Attempt, tmp_path: Path) -> None:
    bundle = _bundle(tmp_path / "a.zip", _draft(), film=b"ffconcat version 1.0\nfile /etc/passwd\n")
    ending = attempt(bundle, profile="draft", processors=Processors(), mime_type=DRAFT.mime_type).ending
    assert isinstance(ending, Rejected), ending
    assert ending.error.startswith('The material "film.mp4" is no film, picture or sound')


def test_a_missing_material_rejects_the_draft_unless_its_profile_accepts_that(
    attempt: Attempt, film: bytes, tmp_path: Path
) -> None:
    document = _draft(track("video", segment("p", "picture", 0, _LENGTH)))
    bundle = _bundle(tmp_path / "a.zip", document, film=film)
    strict = attempt(bundle, profile="draft", processors=Processors(), mime_type=DRAFT.mime_type).ending
    assert isinstance(strict, Rejected), strict
    assert (strict.error_class, "'picture.png'" in strict.error) == (ErrorClass.UNREADABLE, True)
    lenient = attempt(
        bundle, profile="lenient", processors=Processors(), mime_type=DRAFT.mime_type, own=_LENIENT
    ).ending
    assert isinstance(lenient, Rendition), lenient
    assert [note.name for note in lenient.notes if note.code is NoteCode.MATERIAL_MISSING] == ["picture.png"]
