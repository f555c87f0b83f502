"""Which characters of a text need a glyph, which are blank, and which are left out."""

import unicodedata
from collections.abc import Iterator

LINE_END = "\n"
# What joins letters or keeps them apart: it has a meaning in some scripts, and no look of its own.
_JOINERS = frozenset("\u200c\u200d")
_BLANKS = frozenset({"Zs", "Zl", "Zp"})
# Controls; direction overrides, zero-width characters and other formats; halves of a character.
_LEFT_OUT = frozenset({"Cc", "Cf", "Cs"})


def is_blank(character: str) -> bool:
    """Whether it is a space of some width, which every face can draw."""
    return unicodedata.category(character) in _BLANKS


def is_joiner(character: str) -> bool:
    """Whether it only says how its neighbours look: it is drawn where the face knows it."""
    return character in _JOINERS or _is_variation_selector(character)


def is_left_out(character: str) -> bool:
    """Whether nothing is drawn of it, and it must not act on others either: a direction override would."""
    return unicodedata.category(character) in _LEFT_OUT and character not in _JOINERS


def is_mark(character: str) -> bool:
    """Whether it belongs to the letter before it."""
    return unicodedata.category(character).startswith("M")


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def is_private(character: str) -> bool:
    """Whether each face may take it for something else."""
    return unicodedata.category(character) == "Co"


def letters(words: str) -> Iterator[str]:
    """Each letter with the marks upon it."""
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or not (is_mark(words[place]) or is_joiner(words[place])):
            yield words[start:place]
            start = place
