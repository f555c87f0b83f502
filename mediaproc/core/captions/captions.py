"""The captions of a timeline: all faces chosen, and for each layer and window a document that draws its texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mediaproc.core.captions import ass
from mediaproc.core.captions.chosen import FaceFile, Line
from mediaproc.core.captions.events import events
from mediaproc.core.captions.largest import largest_scale, limited
from mediaproc.core.captions.layout import lay_out
from mediaproc.core.captions.moments import Window, spans
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.model import Canvas
from mediaproc.core.timeline.text import Text

# Characters of one document: what moves has events of its own for each frame, with all of its words.
_LONGEST_DOCUMENT = 24 * 1024**2
# Bytes: what libass keeps of letters that it has drawn, in usual captions.
_DRAWN_LETTERS = 48 * 1024**2


@dataclass(frozen=True, kw_only=True)
class Captions:
    """Which texts are drawn, and in which faces; made by `choose_faces`."""

    lines: Mapping[Text, tuple[Line, ...]] = field(repr=False)
    # What the room must hold in its folder of faces.
    faces: tuple[FaceFile, ...]

    @property
    def memory(self) -> int:
        """Bytes that an ffmpeg which draws any of these captions holds for them: it reads all faces."""
        return sum(file.source.size for file in self.faces) + (_DRAWN_LETTERS if self.faces else 0)

    def draws(self, text: Text) -> bool:
        """Whether faces were found for all of its words."""
        return text in self.lines

    def document(self, texts: Sequence[Text], *, canvas: Canvas, rate: Fraction, window: Window) -> str | None:
        """ASS that draws these texts, each above the one before, on a canvas whose first frame is the window's first.

        The filter `ass` is meant to get frames whose times are their number by the rate, and `fontsdir=fonts`. ffmpeg 5
        takes BT.601 for whatever is YUV: what is not `are_grey` must be drawn on RGB.

        Raises:
            BadSource: what moves has too many words.
        """
        written: list[str] = []
        length = 0
        for event in self._events(texts, canvas=canvas, rate=rate, window=window):
            written.append(event)
            length += len(event)
            if length > _LONGEST_DOCUMENT:
                raise BadSource(
                    "The draft's moving texts have too many letters in one place: give them fewer keyframes or words.",
                    error_class=ErrorClass.TOO_LARGE,
                )
        if not written:
            return None
        return ass.header(canvas, family=self.faces[0].family) + "".join(written)

    def are_grey(self, texts: Sequence[Text]) -> bool:
        """Whether all colours of these texts are black, white or grey, which every matrix of colours draws the same."""
        return all(_is_grey(colour) for text in texts for colour in _colours(text))

    def _events(self, texts: Sequence[Text], *, canvas: Canvas, rate: Fraction, window: Window) -> Iterator[str]:
        for text in texts:
            if text.end <= window.first or text.first >= window.end or not self.draws(text):
                continue
            layout = lay_out(text, self.lines[text])
            largest = largest_scale(layout, canvas=canvas)
            for span in spans(text, window=window):
                pose = limited(span.pose, largest=largest)
                for words in events(layout, pose=pose, background=text.background):
                    yield ass.dialogue(words, first=span.first, end=span.end, rate=rate)


def _colours(text: Text) -> Iterator[Colour]:
    if text.background is not None:
        yield text.background.colour
    for run in text.runs:
        yield run.style.colour
        for around in (run.style.stroke, run.style.shadow):
            if around is not None:
                yield around.colour


def _is_grey(colour: Colour) -> bool:
    return colour.red == colour.green == colour.blue
