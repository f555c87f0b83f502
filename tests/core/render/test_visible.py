"""A film that shows nothing is refused, and a clip without a picture is never passed over."""

import pytest

from mediaproc.core.captions import Captions
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes import NoteCode, Notes
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.visible import refuse_unseen
from mediaproc.core.timeline import Material, MaterialKind, Timeline
from tests.render.films import clip, project

_SONG = Material(id="song", kind=MaterialKind.VIDEO, name=r"C:\Users\somebody\song.mp3")
_FILM = Material(id="film", kind=MaterialKind.VIDEO, name="film.mp4")
_VIDEO = VideoStream(index=0, codec="h264", width=64, height=36)
_FILES = {
    _SONG: RoomFile(name="m0001", probe=Probe(format_name="mp3")),
    _FILM: RoomFile(name="m0002", probe=Probe(format_name="mov", videos=(_VIDEO,))),
}


def _refuse(timeline: Timeline, *, notes: Notes, accept_missing: bool = True) -> None:
    captions = Captions(lines={}, faces=())
    refuse_unseen(timeline, files=_FILES, captions=captions, notes=notes, accept_missing=accept_missing)


def test_a_clip_of_a_material_without_pictures_is_refused_by_name_or_told() -> None:
    both, notes = project([clip(_SONG), clip(_FILM, first=25)], frames=50), Notes()
    with pytest.raises(BadSource, match=r"song\.mp3.* has no picture") as refused:
        _refuse(both, notes=notes, accept_missing=False)
    assert refused.value.error_class is ErrorClass.NO_VIDEO
    _refuse(both, notes=notes)
    assert [(note.code, note.name) for note in notes.all(duration=1)] == [(NoteCode.MATERIAL_UNSEEN, "song.mp3")]


@pytest.mark.parametrize("seen", [_SONG, Material(id="gone", kind=MaterialKind.VIDEO, name="gone.mp4")])
def test_what_shows_nothing_is_refused_also_within_a_compound_clip(seen: Material) -> None:
    for timeline in (project([clip(seen)], frames=25), project([clip(project([clip(seen)], frames=25))], frames=25)):
        with pytest.raises(BadSource, match="Nothing of the draft can be drawn"):
            _refuse(timeline, notes=Notes())
    _refuse(project([clip(project([clip(_FILM)], frames=25))], frames=25), notes=Notes(), accept_missing=False)
