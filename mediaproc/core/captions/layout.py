"""Where each line of a text lies as seen from the middle of its box, before the box is scaled and turned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from mediaproc.core.captions.breaking import broken
from mediaproc.core.captions.characters import letters
from mediaproc.core.captions.chosen import Line, Stretch
from mediaproc.core.timeline.text import Alignment, Text


@dataclass(frozen=True, kw_only=True)
class LaidLine:
    """Words on one baseline, the middle of whose own box lies so far right of and below the middle of the text's."""

    stretches: Line
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A text's lines, and the size of the box around them; canvas pixels."""

    lines: tuple[LaidLine, ...]
    width: float
    height: float
    # Of the highest line: shares that are told of "the height of a line" are of this one.
    line_height: float
    # Between letters on a line, as a share of its height.
    letter_spacing: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Box:
    """A line or, of a text that runs downwards, one letter."""

    stretches: Line
    width: float
    height: float
    # Between letters, also after the last one, as libass has it.
    spacing: float


def lay_out(text: Text, lines: Sequence[Line]) -> Layout:
    """The lines of a text, which are broken where they are wider than it wants."""
    if text.is_vertical:
        return _columns(text, lines)
    pieces = lines
    if text.wrap_width is not None:
        width = text.wrap_width
        pieces = [piece for line in lines for piece in broken(line, width=width, spacing=text.letter_spacing)]
    boxes = [_box(line, spacing=text.letter_spacing) for line in pieces]
    width = max(box.width for box in boxes)
    places = _places([box.height for box in boxes], spacing=text.line_spacing)
    height = places[-1] + boxes[-1].height
    return Layout(
        lines=tuple(
            LaidLine(
                stretches=box.stretches,
                x=_aligned(text.alignment, free=width - box.width) + box.spacing / 2,
                y=place + (box.height - height) / 2,
            )
            for box, place in zip(boxes, places, strict=True)
        ),
        width=width,
        height=height,
        line_height=max(box.height for box in boxes),
        letter_spacing=text.letter_spacing,
    )


def _columns(text: Text, lines: Sequence[Line]) -> Layout:
    """Each line is a column, one letter below the other; the first one is on the right."""
    columns = [[_box((letter,), spacing=0.0) for letter in _letters(line)] for line in lines]
    downs = [_places([box.height for box in column], spacing=text.letter_spacing) for column in columns]
    heights = [down[-1] + column[-1].height for down, column in zip(downs, columns, strict=True)]
    widths = [max(box.height for box in column) for column in columns]
    lefts = _places(widths, spacing=text.line_spacing)
    width, height = lefts[-1] + widths[-1], max(heights)
    laid = [
        LaidLine(
            stretches=box.stretches,
            x=width / 2 - left - column_width / 2,
            y=_aligned(text.alignment, free=height - column_height) + down - (column_height - box.height) / 2,
        )
        for column, down_places, left, column_width, column_height in zip(
            columns, downs, lefts, widths, heights, strict=True
        )
        for box, down in zip(column, down_places, strict=True)
    ]
    return Layout(lines=tuple(laid), width=width, height=height, line_height=max(widths))


def _box(line: Line, *, spacing: float) -> _Box:
    between = [spacing * stretch.style.line_height for stretch in line]
    letters = sum(len(stretch.words) * each for stretch, each in zip(line, between, strict=True))
    last = between[-1] if line[-1].words else 0.0
    return _Box(
        stretches=line,
        width=max(sum(stretch.width(stretch.words) for stretch in line) + letters - last, 0.0),
        height=max(stretch.ascent for stretch in line) + max(stretch.descent for stretch in line),
        spacing=last,
    )


def _places(lengths: Sequence[float], *, spacing: float) -> list[float]:
    """Where each begins of those that follow each other, with a share of its length left free before the next."""
    return list(accumulate((length * (1 + spacing) for length in lengths[:-1]), initial=0.0))


def _aligned(alignment: Alignment, *, free: float) -> float:
    """How far the middle of what is `free` smaller than the box lies from the middle of the box."""
    match alignment:
        case Alignment.LEFT:
            return -free / 2
        case Alignment.CENTRE:
            return 0.0
        case Alignment.RIGHT:
            return free / 2


def _letters(line: Line) -> Iterator[Stretch]:
    for stretch in line:
        if not stretch.words:
            yield stretch
        for letter in letters(stretch.words):
            yield replace(stretch, words=letter)
