"""How a note is put into words: its sentence with what belongs into its places, in any language."""

import re

from mediaproc.core.notes.codes import KINDS, MORE_OF_A_CODE, NoteCode

# What a version that writes further codes may have kept.
_UNKNOWN = "Something is not drawn exactly; this version does not know what '{value}' means."
# A name in quotes or parentheses, with what stands before it.
_NAMED = re.compile(r"\s?[(（]?['“]\{name\}['”][)）]?")  # noqa: RUF001 - as Chinese writes them
_PLACE = re.compile(r"\{(\w+)\}")
_SENTENCES = {str(code): kind.sentence for code, kind in KINDS.items()}


def in_words(sentence: str, *, name: str, value: str, more: int) -> str:
    """The sentence with these in the places of {name}, {value} and {more}; what has no name is not named.

    What stands in them is never taken for a place, whatever it says.
    """
    if not name:
        sentence = _NAMED.sub("", sentence)
    written = {"name": name, "value": value, "more": f"{more:,}"}
    return _PLACE.sub(lambda place: written.get(place[1], place[0]), sentence)


def in_english(code: str, *, feature: str, name: str, value: str, more: int) -> str:
    """The sentence of a note of this code, also of one that a later version has kept."""
    sentence = _SENTENCES.get(code, _UNKNOWN)
    if code not in _SENTENCES:
        value = code
    elif stands_for_others(code, more=more):
        sentence, value = MORE_OF_A_CODE, feature
    return in_words(sentence, name=name, value=value.replace("_", " "), more=more)


def stands_for_others(code: str, *, more: int) -> bool:
    """Whether a note tells only how many more of its code there are."""
    return more > 0 and code != NoteCode.MORE_NOT_KEPT
