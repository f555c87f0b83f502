"""A text as a draft lists it: its words, which stretch of them has which style, and how its lines lie."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from mediaproc.core.draft import fields, refusals, text_styles
from mediaproc.core.draft.counts import Counted, Counts
from mediaproc.core.draft.document import parse_words
from mediaproc.core.draft.fields import Fields
from mediaproc.core.draft.limits import LONGEST_TEXT, LONGEST_WORDS, MOST_STYLES
from mediaproc.core.draft.old_markup import words_of_markup
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.timeline.model import Canvas
from mediaproc.core.timeline.text import Alignment, TextBackground, TextRun, TextStyle

_ALIGNMENTS = {0: Alignment.LEFT, 1: Alignment.CENTRE, 2: Alignment.RIGHT}
_WIDEST_SPACING = 100.0
_LINE_ENDS = frozenset("\n\v\f\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
_BEYOND_ONE_UNIT = 0xFFFF
_RANGE = 2


@dataclass(frozen=True, kw_only=True)
class TextBody:
    """What all segments share that show the same text."""

    words: str
    runs: tuple[TextRun, ...]
    alignment: Alignment
    is_vertical: bool
    line_spacing: float
    letter_spacing: float
    wrap_width: float | None
    background: TextBackground | None
    opacity: float
    # What of it is not drawn, and its name.
    told: tuple[tuple[NoteCode, str], ...]


def read_text_body(entry: Fields, *, canvas: Canvas, counts: Counts) -> TextBody:
    """The text; its words may be none."""
    plain = text_styles.plain_style(entry, canvas=canvas)
    content = fields.text(entry, "content", longest=LONGEST_WORDS)
    document = parse_words(content)
    told: list[tuple[NoteCode, str]] = list(text_styles.told_of_text(entry))
    if document is None:
        words, styles = words_of_markup(content), []
        if words != content:
            told.append((NoteCode.TEXT_MARKUP, ""))
    else:
        words = fields.text(document, "text", longest=LONGEST_WORDS)
        styles = fields.mappings(document, "styles", most=MOST_STYLES)
    if len(words) > LONGEST_TEXT:
        raise refusals.too_large(f"a text has more than {LONGEST_TEXT} characters")
    counts.take(Counted.CHARACTERS, len(words))
    counts.take(Counted.STYLES, len(styles))
    told += [each for style in styles for each in text_styles.told_of_style(style)]
    shown, runs = _shown(words, list(_styled(words, styles, plain=plain, canvas=canvas)))
    return TextBody(
        words=shown,
        runs=runs,
        alignment=_ALIGNMENTS.get(fields.integer(entry, "alignment", low=0, high=100, default=1), Alignment.CENTRE),
        is_vertical=fields.integer(entry, "typesetting", low=0, high=100, default=0) == 1,
        line_spacing=_spacing(entry, "line_spacing"),
        letter_spacing=_spacing(entry, "letter_spacing"),
        wrap_width=_wrap_width(entry, canvas=canvas),
        background=text_styles.read_background(entry),
        opacity=fields.share(entry, "global_alpha", default=1.0),
        told=tuple(dict.fromkeys(told)),
    )


def _spacing(entry: Fields, key: str) -> float:
    return fields.number(entry, key, low=-_WIDEST_SPACING, high=_WIDEST_SPACING, default=0.0)


def _wrap_width(entry: Fields, *, canvas: Canvas) -> float | None:
    width = fields.number(entry, "line_max_width", low=-1.0, high=_WIDEST_SPACING, default=0.0)
    is_wrapped = fields.text(entry, "type") == "subtitle" or fields.flag(entry, "force_apply_line_max_width")
    return width * canvas.width if is_wrapped and width > 0 else None


def _styled(
    words: str, styles: Sequence[Fields], *, plain: TextStyle, canvas: Canvas
) -> Iterator[tuple[int, TextStyle]]:
    """How many code points have which style, over all of the words; where two overlap, the earlier one counts."""
    ranges = sorted((*_range(style), place) for place, style in enumerate(styles))
    bounds = _bounds(words, farthest=max((end for _, end, _ in ranges), default=0))
    at = 0
    for start, end, place in ranges:
        first, last = max(_clamped(bounds, start), at), _clamped(bounds, end)
        if first < last:
            yield first - at, plain
            yield last - first, text_styles.read_style(styles[place], plain=plain, canvas=canvas)
            at = last
    yield len(words) - at, plain


def _range(style: Fields) -> tuple[int, int]:
    found = fields.numbers(style, "range", low=0, high=LONGEST_WORDS, most=_RANGE)
    return (round(found[0]), round(found[1])) if len(found) == _RANGE else (0, LONGEST_WORDS)


def _bounds(words: str, *, farthest: int) -> Sequence[int] | None:
    """Before which unit of UTF-16 each code point stands, None where the ranges count code points.

    Editors count in UTF-16, some writers in code points: only words beyond the first 65,536 characters tell them apart,
    and only by where the last range ends.
    """
    units = [2 if ord(character) > _BEYOND_ONE_UNIT else 1 for character in words]
    if sum(units) == len(words) or farthest == len(words):
        return None
    return [0, *accumulate(units)]


def _clamped(bounds: Sequence[int] | None, at: int) -> int:
    """The code point at this place of a range; `_shown` cuts what lies beyond the end."""
    if bounds is None:
        return at
    # The last code point that begins there or before.
    low, high = 0, len(bounds) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if bounds[middle] <= at else (low, middle - 1)
    return low


def _shown(words: str, styled: Sequence[tuple[int, TextStyle]]) -> tuple[str, tuple[TextRun, ...]]:
    """The words as they are drawn, without control characters, and their runs."""
    styles = (style for length, style in styled for _ in range(min(length, len(words))))
    kept = [(character, style) for character, style in zip(_drawable(words), styles, strict=False) if character]
    runs: list[TextRun] = []
    for style, group in groupby(style for _, style in kept):
        first = runs[-1].end if runs else 0
        runs.append(TextRun(first=first, end=first + sum(1 for _ in group), style=style))
    return "".join(character for character, _ in kept), tuple(runs)


def _drawable(words: str) -> Iterator[str]:
    """For each code point what is drawn of it: itself, a line's end, a blank, or nothing."""
    for place, character in enumerate(words):
        if character == "\r":
            yield "" if words[place + 1 : place + 2] == "\n" else "\n"
        elif character in _LINE_ENDS:
            yield "\n"
        elif character == "\t":
            yield " "
        else:
            yield "" if unicodedata.category(character) == "Cc" else character
