"""What all parts of one drawing share: the graph that grows, the files, the notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from mediaproc.core.limits import Limits
from mediaproc.core.notes import NoteCode, Notes, Where
from mediaproc.core.render.graph import Graph
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.render.source import Reader
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Canvas, Clip, FrameGrid, Material, Text


class CaptionWriter(Protocol):
    """Writes texts as a document of ASS (`core/captions`)."""

    def document(self, texts: Sequence[Text], *, canvas: Canvas, rate: Fraction, window: Window) -> str | None:
        """The document, whose times begin with the window; None where it shows nothing."""
        ...

    def are_grey(self, texts: Sequence[Text]) -> bool:
        """Whether their colours are the same in every matrix."""
        ...


@dataclass(frozen=True, kw_only=True)
class Context:
    """One drawing of a window of a timeline, and of those within it."""

    graph: Graph
    reader: Reader
    files: Files
    # Lookup tables: names as the project writes them, and in the room.
    tables: Mapping[str, str]
    captions: CaptionWriter
    notes: Notes
    limits: Limits
    rate: Fraction

    def file(self, material: Material) -> RoomFile | None:
        """The file of a material, None where it has none or none with a picture."""
        file = self.files.get(material)
        return None if file is None or file.video is None else file

    def tell(self, code: NoteCode, clip: Clip, *, name: str = "", value: str = "") -> None:
        """Takes a note about a clip."""
        grid = FrameGrid(rate=self.rate)
        start = grid.microseconds(clip.first)
        where = Where(segment_id=clip.id, start=start, duration=grid.microseconds(clip.end) - start)
        self.notes.take(code, where, name=name, value=value)
