"""What the pages say in each language: the messages of messages/LANGUAGE/TOPIC.toml, read once.

A message's key is the names that lead to it: `nav.tasks` is `tasks` in `nav.toml`. A value in braces, `{count}`, is
filled in. A message that depends on a count is a table of `one` and `other`, or of `other` alone where the language
knows no singular; it is chosen by the value `count`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mediaproc.core.errors import ErrorClass
from mediaproc.core.notes import RecordedNote
from mediaproc.core.notes.codes import KINDS, MORE_OF_A_CODE
from mediaproc.core.notes.wording import in_words, stands_for_others
from mediaproc.web.preferences import Language

MESSAGES = Path(__file__).with_name("messages")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# The English of notes is the command line's as well.
_OF_NOTES = {
    **{f"notes.{code}": kind.sentence for code, kind in KINDS.items()},
    "notes.more_of_a_code": MORE_OF_A_CODE,
}


class Texts:
    """The messages of one language; it is called with a key and the values to fill in."""

    def __init__(self, messages: Mapping[str, str], *, language: Language) -> None:
        self.language = language
        self.messages = messages

    def __call__(self, key: str, **values: object) -> str:
        """The message with its values.

        Raises:
            KeyError: there is none of that key, or a value is missing: a template is wrong.
        """
        text = self.messages.get(key)
        if text is None:
            text = self._counted(key, values["count"])
        return _PLACEHOLDER.sub(lambda found: _written(values[found[1]]), text)

    def has(self, key: str) -> bool:
        """Whether there is a message of that key, which a value may have made."""
        return key in self.messages

    def of_uploader(self, error_class: ErrorClass | str, *, for_good: bool = False) -> str:
        """What happened to an upload and what its uploader can do, in words for them.

        `for_good`: nobody tries again, so nothing is promised.
        """
        final = f"uploader_for_good.{error_class}"
        return self(final if for_good and self.has(final) else f"uploader.{error_class}")

    def of_note(self, note: RecordedNote) -> str:
        """What is not drawn exactly, in English also where a later version knows more of it than this one."""
        key, value = f"notes.{note.code}", self.messages.get(f"note_value.{note.value}", note.value.replace("_", " "))
        if not self.has(key):
            return note.sentence
        if stands_for_others(note.code, more=note.more):
            key, value = "notes.more_of_a_code", self.of_feature(note.feature)
        return in_words(self.messages[key], name=note.name, value=value, more=note.more)

    def of_feature(self, feature: str) -> str:
        """Of which kind the thing is."""
        return self.messages.get(f"note_feature.{feature}", feature)

    def _counted(self, key: str, count: object) -> str:
        single = f"{key}.one"
        return self.messages[single if count == 1 and single in self.messages else f"{key}.other"]


@cache
def texts_in(language: Language) -> Texts:
    """The texts of a language, read once in a process."""
    messages = dict(_OF_NOTES) if language is Language.ENGLISH else {}
    for file in sorted((MESSAGES / language).glob("*.toml")):
        messages |= _flat(tomllib.loads(file.read_text(encoding="utf-8")), above=file.stem)
    return Texts(MappingProxyType(messages), language=language)


def placeholders(text: str) -> frozenset[str]:
    """The names of the values that a message wants."""
    return frozenset(_PLACEHOLDER.findall(text))


def _flat(table: Mapping[str, Any], *, above: str) -> dict[str, str]:
    return dict(_entries(table, above=above))


def _entries(table: Mapping[str, Any], *, above: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{above}.{name}"
        if isinstance(value, str):
            yield key, value
        else:
            yield from _entries(value, above=key)


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
