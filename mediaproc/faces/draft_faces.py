"""The faces of one draft: those in its bundle, else open ones of this machine; and their copies for a room."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from mediaproc.core.captions import AvailableFace, Captions, FaceFile, choose_faces
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.faces import UnusableFace, copy_face, largest_copy, read_face
from mediaproc.core.notes.taking import Notes
from mediaproc.core.safe_text import shown
from mediaproc.core.timeline.model import Timeline
from mediaproc.faces.machine_faces import machine_faces, mapped

# Every ffmpeg that draws captions holds all faces in memory.
_MOST_BYTES = 64 * 1024**2

# Reads a file of the bundle of at most so many bytes, and raises BadSource where it has more or is damaged.
Read = Callable[[str, int], bytes]


def choose_draft_faces(timeline: Timeline, *, other_files: Mapping[str, str], read: Read, notes: Notes) -> Captions:
    """The captions of a draft; `other_files` has the name in the bundle for each name of a face in the draft."""
    fonts = dict.fromkeys(_fonts(timeline))
    bundled = {}
    free = _MOST_BYTES
    for font in fonts:
        if font in other_files:
            found = _bundled(other_files[font], read=read, free=free)
            bundled[font] = found
            free -= found.size if isinstance(found, AvailableFace) else 0
    # A draft without texts asks for no face, and a machine's many faces take time to find.
    machine = machine_faces() if _has_texts(timeline) else ()
    return choose_faces(timeline, bundled=bundled, machine=machine, notes=notes)


def write_face(file: FaceFile, target: IO[bytes], *, read: Read) -> None:
    """Writes the copy of a face that is drawn with.

    Raises:
        AttemptFailed: the face of this machine that was chosen is not there any more, or is another one by now.
    """
    source = file.source
    try:
        data = memoryview(read(source.bundled, _MOST_BYTES)) if source.bundled else mapped(Path(source.path))
        for piece in copy_face(data, index=source.index, name=file.family):
            target.write(piece)
    except (UnusableFace, FileNotFoundError, ValueError):
        raise AttemptFailed(
            f"The face {shown(source.path)} is not there any more: another is taken at the next attempt.",
            error_class=ErrorClass.TRANSCODE_FAILED,
        ) from None


def _bundled(name: str, *, read: Read, free: int) -> AvailableFace | str:
    try:
        data = memoryview(read(name, free))
        face = read_face(data)
        return AvailableFace(face=face, bundled=name, size=largest_copy(data, index=0, characters=face.characters))
    except BadSource:
        return f"the draft's faces have more than {_MOST_BYTES // 1024**2} MB, or it is damaged"
    except UnusableFace as error:
        return str(error)


def _fonts(timeline: Timeline) -> Iterator[str]:
    for layer in timeline.layers:
        for clip in layer.clips:
            if isinstance(clip.source, Timeline):
                yield from _fonts(clip.source)
        for text in layer.texts:
            yield from (run.style.font for run in text.runs if run.style.font)


def _has_texts(timeline: Timeline) -> bool:
    return any(
        layer.texts or any(isinstance(clip.source, Timeline) and _has_texts(clip.source) for clip in layer.clips)
        for layer in timeline.layers
    )
