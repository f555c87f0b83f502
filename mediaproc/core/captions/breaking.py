"""Breaks lines that are wider than they may be: between words or Chinese characters, else within a word."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mediaproc.core.captions.characters import is_blank, letters
from mediaproc.core.captions.chosen import Line, Stretch

_WIDE = frozenset("WF")
# What closes must not begin a line, what opens must not end one.
_CLOSES = frozenset({"Pe", "Pf", "Po"})
_OPENS = frozenset({"Ps", "Pi"})

# A letter with the marks upon it, the stretch that it stands in, and how far it goes on.
_Cluster = tuple[str, Stretch, float]


def broken(line: Line, *, width: float, spacing: float) -> Iterator[Line]:
    """The line in pieces of at most this width (canvas pixels); `spacing` lies between letters (of a line's height)."""
    clusters = list(_clusters(line, spacing=spacing))
    if len(clusters) <= 1 or sum(each[2] for each in clusters) <= width:
        yield line
        return
    first, used, last_break = 0, 0.0, 0
    for place, (words, _, advance) in enumerate(clusters):
        if place > first and _may_break(clusters[place - 1][0], words):
            last_break = place
        used += advance
        if used <= width or is_blank(words) or place == first:
            continue
        end = last_break if last_break > first else place
        yield _line(clusters[first:end])
        first = end
        used = sum(each[2] for each in clusters[first : place + 1])
    yield _line(clusters[first:])


def _clusters(line: Line, *, spacing: float) -> Iterator[_Cluster]:
    for stretch in line:
        between = spacing * stretch.style.line_height
        for letter in letters(stretch.words):
            yield letter, stretch, stretch.width(letter) + between


def _may_break(before: str, after: str) -> bool:
    if is_blank(after):
        return False
    if is_blank(before[-1]) or before[-1] == "-":
        return True
    is_between = _is_wide(before) or _is_wide(after)
    closes, opens = unicodedata.category(after[0]) in _CLOSES, unicodedata.category(before[0]) in _OPENS
    return is_between and not closes and not opens


def _is_wide(words: str) -> bool:
    return unicodedata.east_asian_width(words[0]) in _WIDE


def _line(clusters: Sequence[_Cluster]) -> Line:
    """Their stretches again, without the blanks at which the line was broken."""
    kept = list(clusters)
    while len(kept) > 1 and is_blank(kept[-1][0]):
        kept.pop()
    stretches: list[Stretch] = []
    of: list[Stretch] = []
    for words, stretch, _ in kept:
        if of and of[-1] is stretch:
            stretches[-1] = replace(stretches[-1], words=stretches[-1].words + words)
        else:
            stretches.append(replace(stretch, words=words))
            of.append(stretch)
    return tuple(stretches)
