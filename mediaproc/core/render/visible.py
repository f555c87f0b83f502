"""What is seen of a timeline once its materials are known: a film that shows nothing is refused."""

from collections.abc import Iterator
from typing import Protocol

from mediaproc.core.draft import refusals
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes import NoteCode, Notes, Where
from mediaproc.core.render.room_file import Files
from mediaproc.core.safe_text import quoted
from mediaproc.core.timeline import Clip, FrameGrid, Material, Timeline
from mediaproc.core.timeline.text import Text


class DrawnTexts(Protocol):
    """Knows which texts have faces."""

    def draws(self, text: Text) -> bool:
        """Whether a text is drawn."""


def refuse_unseen(
    timeline: Timeline, *, files: Files, captions: DrawnTexts, notes: Notes, accept_missing: bool
) -> None:
    """Passes where something is seen; a clip whose material has no picture is told where that is accepted.

    Raises:
        BadSource: a material of pictures has none, and that is not accepted; or nothing of the timeline is seen.
    """
    grid = FrameGrid(rate=timeline.rate)
    for clip, material in _without_picture(timeline, files=files):
        if not accept_missing:
            raise BadSource(
                f"The draft's clip {quoted(material.file_name)} has no picture that can be decoded: put another file in"
                " its place, or take a profile that accepts missing materials.",
                error_class=ErrorClass.NO_VIDEO,
            )
        start = grid.microseconds(clip.first)
        where = Where(segment_id=clip.id, start=start, duration=grid.microseconds(clip.end) - start)
        notes.take(NoteCode.MATERIAL_UNSEEN, where, name=material.file_name)
    if not _shows(timeline, files=files, captions=captions):
        raise refusals.nothing_to_see()


def _without_picture(timeline: Timeline, *, files: Files) -> Iterator[tuple[Clip, Material]]:
    for layer in timeline.layers:
        for clip in layer.clips:
            if isinstance(clip.source, Timeline):
                yield from _without_picture(clip.source, files=files)
            elif clip.source in files and files[clip.source].video is None:
                yield clip, clip.source


def _shows(timeline: Timeline, *, files: Files, captions: DrawnTexts) -> bool:
    return any(
        any(_is_seen(clip, files=files, captions=captions) for clip in layer.clips)
        or any(captions.draws(text) for text in layer.texts)
        for layer in timeline.layers
    )


def _is_seen(clip: Clip, *, files: Files, captions: DrawnTexts) -> bool:
    if isinstance(clip.source, Timeline):
        return _shows(clip.source, files=files, captions=captions)
    return clip.source in files and files[clip.source].video is not None
