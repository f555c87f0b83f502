r"""The text of a selection: split into its words, and each word into its values.

A value with blanks, or with one of `"` and `|`, stands in double quotes, in which a backslash stands before `"` and
before a backslash: `name:"his \"film\""`.
"""

import re
import unicodedata
from collections.abc import Iterable

from mediaproc.core.safe_text import quoted

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf'(?:[^\s"]|{_QUOTED})+')
_NUMBER = re.compile(r"[0-9]+")
_WORD = re.compile(r"([a-z]+):(.*)", re.DOTALL)
_VALUE = re.compile(rf'(?:{_QUOTED}|[^"|]+)(?=\||\Z)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_QUOTES = re.compile(r'[\s"|]')
# Controls, and halves of a character, which no UTF-8 has: neither reaches a statement or a terminal.
_NO_TEXT = frozenset({"Cc", "Cs"})


class MalformedError(Exception):
    """The text is no selection; the message is the first half of a sentence."""


def tokens(text: str) -> list[str]:
    """The parts between blanks that stand in no quotes.

    Raises:
        MalformedError: nothing is there, a quote is not closed, or a character is none of a text.
    """
    text = text.strip()
    if any(unicodedata.category(character) in _NO_TEXT for character in text):
        raise MalformedError("There is a control character, or bytes that are no text")
    found: list[str] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise MalformedError("There is a double quote that is not closed")
        found.append(token[0])
        at = token.end()
        while at < len(text) and text[at].isspace():
            at += 1
    if not found:
        raise MalformedError("There is neither a word nor an id")
    return found


def is_number(token: str) -> bool:
    """Whether the token has nothing but the digits 0 to 9."""
    return bool(_NUMBER.fullmatch(token))


def word_of(token: str) -> tuple[str, tuple[str, ...]]:
    """The word before the colon, known or not, and its values without their quotes, each once.

    Raises:
        MalformedError: it has no colon, no value, or one that cannot be read.
    """
    form = _WORD.fullmatch(token)
    if form is None:
        raise MalformedError(f"{quoted(token)} is no word of a selection")
    word, written = form[1], form[2]
    if not written:
        raise MalformedError(f"The word {word}: has no value")
    values, at = [], 0
    while at <= len(written):
        found = _VALUE.match(written, at)
        if found is None:
            raise MalformedError(f"The word {word}: has a value that cannot be read, {quoted(written)}")
        values.append(_unquoted(found[0]))
        at = found.end() + 1
    return word, tuple(dict.fromkeys(values))


def written_values(values: Iterable[str]) -> str:
    """The values as `word_of` reads them."""
    return "|".join(map(_written, values))


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _written(value: str) -> str:
    if value and not _NEEDS_QUOTES.search(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
