"""A selection: which tasks an act or a list means, by their ids or by words such as `status:failed older:2h`.

Every word must hold. Within a word `|` stands between alternatives: `status:failed|rejected`. Only `name:` may stand
more than once. How values are quoted: `core/selection_text.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from mediaproc.core.errors import ErrorClass, WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.core.selection_text import MalformedError, is_number, tokens, word_of, written_values
from mediaproc.core.shard import Shard

# What `status:` takes for tasks that are not done, and for those of history.
OPEN_STATUSES = ("pending", "processing", "failed", "exhausted", "rejected")
OUTCOMES = ("completed", "cancelled", "deleted")

# The largest id that PostgreSQL's bigint holds.
LARGEST_ID = 2**63 - 1
_MOST_DIGITS = len(str(LARGEST_ID))

# More than any person writes, and no burden for the database.
_MOST_IDS, _MOST_CHARACTERS, _MOST_VALUES = 10_000, 2_000, 50

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HUNDRED_YEARS = 36_525 * _SECONDS["d"]

# A keyword of Python cannot be a field.
_FIELDS = {"class": "class_"}

_AGE = re.compile(r"([0-9]{1,10})([smhd])")
_FILE = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The tasks of `ids`; without ids those for which every word holds, and a word that is empty holds for all.

    `str()` of it is its canonical text, which `parse` reads as the same selection.
    """

    ids: tuple[int, ...] = ()
    status: tuple[str, ...] = ()
    class_: tuple[ErrorClass, ...] = ()
    profile: tuple[str, ...] = ()
    shard: tuple[Shard, ...] = ()
    # Hosts, and ids or beginnings of ids.
    executor: tuple[str, ...] = ()
    # "" is the tenant of what was enqueued without one.
    tenant: tuple[str, ...] = ()
    # Parts of the file's name, whatever the case; of each of the groups one must be in it.
    name: tuple[tuple[str, ...], ...] = ()
    # SHA-256 checksums, or beginnings of them.
    file: tuple[str, ...] = ()
    # Seconds since it was enqueued: at least, and at most.
    older: int | None = None
    newer: int | None = None
    # No word: of these, only what this tenant enqueued itself, for whoever may change nobody else's tasks.
    owner: str | None = None
    # No word: who reads it; of another tenant's task of a file that this one has too, only its own name is told.
    reader: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Selection":
        """The selection that is written so.

        Raises:
            WrongUse: it is none; the sentence names the known words.
        """
        try:
            return cls(**_read(text))
        except MalformedError as error:
            raise WrongUse(
                f"{error}, in {quoted(text)}; a selection is made of task ids, or of the words {KNOWN_WORDS}."
            ) from None

    @property
    def open_statuses(self) -> tuple[str, ...]:
        """Those of its statuses that tasks have which are not done."""
        return tuple(status for status in self.status if status in OPEN_STATUSES)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Those of its statuses that are outcomes of history."""
        return tuple(status for status in self.status if status in OUTCOMES)

    def __str__(self) -> str:
        if self.ids:
            return " ".join(map(str, self.ids))
        return " ".join(_written(self))


# Every task; no text says so.
EVERYTHING = Selection()


def _read(text: str) -> dict[str, Any]:
    """The fields that the text gives."""
    found = tokens(text)
    if all(map(is_number, found)):
        return {"ids": _ids(found)}
    if len(text) > _MOST_CHARACTERS:
        raise MalformedError(f"A selection by words has at most {_MOST_CHARACTERS:,} characters")
    read: dict[str, Any] = {}
    for token in found:
        word, values = _word(token)
        field, taken = _FIELDS.get(word, word), _READERS[word](word, values)
        if word == "name":
            read[field] = (*read.get(field, ()), taken)
        elif field in read:
            raise MalformedError(f"The word {word}: stands twice: alternatives are written as {word}:ONE|OTHER")
        else:
            read[field] = taken
    return read


def _ids(numbers: Iterable[str]) -> tuple[int, ...]:
    # Python refuses to read numbers of thousands of digits.
    ids = tuple(dict.fromkeys(int(number) if len(number) <= _MOST_DIGITS else 0 for number in numbers))
    if not all(0 < each <= LARGEST_ID for each in ids):
        raise MalformedError(f"The id of a task is a whole number from 1 to {LARGEST_ID}")
    if len(ids) > _MOST_IDS:
        raise MalformedError(f"A selection has at most {_MOST_IDS:,} ids")
    return ids


def _word(token: str) -> tuple[str, tuple[str, ...]]:
    if is_number(token):
        raise MalformedError(f"The id {quoted(token)} stands beside words")
    word, values = word_of(token)
    if word not in _READERS:
        raise MalformedError(f"{quoted(word + ':')} is no word of a selection")
    if len(values) > _MOST_VALUES:
        raise MalformedError(f"The word {word}: has more than {_MOST_VALUES} alternatives")
    if "" in values and word != "tenant":
        raise MalformedError(f"The word {word}: has no value")
    return word, values


def _of_these(known: Iterable[str]) -> Callable[[str, tuple[str, ...]], tuple[str, ...]]:
    known = tuple(known)

    def read(word: str, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in known:
                raise MalformedError(f"The word {word}: cannot be {quoted(value)}: it takes {', '.join(known)}")
        return values

    return read


def _classes(word: str, values: tuple[str, ...]) -> tuple[ErrorClass, ...]:
    return tuple(map(ErrorClass, _of_these(ErrorClass)(word, values)))


def _shards(_word: str, values: tuple[str, ...]) -> tuple[Shard, ...]:
    try:
        return tuple(dict.fromkeys(map(Shard.parse, values)))
    except WrongUse as error:
        raise MalformedError(str(error).removesuffix(".")) from None


def _files(word: str, values: tuple[str, ...]) -> tuple[str, ...]:
    lowered = tuple(dict.fromkeys(value.lower() for value in values))
    for value in lowered:
        if not _FILE.fullmatch(value):
            raise MalformedError(
                f"The word {word}: cannot be {quoted(value)}: it takes a SHA-256, or its first 8 digits or more"
            )
    return lowered


def _age(word: str, values: tuple[str, ...]) -> int:
    form = _AGE.fullmatch(values[0])
    seconds = int(form[1]) * _SECONDS[form[2]] if form else None
    if len(values) > 1 or seconds is None or seconds > _HUNDRED_YEARS:
        raise MalformedError(
            f"The word {word}: cannot be {quoted('|'.join(values))}: it takes a time such as 90s, 15m, 2h, 7d"
        )
    return seconds


def _texts(_word: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return values


_READERS: dict[str, Callable[[str, tuple[str, ...]], Any]] = {
    "status": _of_these((*OPEN_STATUSES, *OUTCOMES)),
    "class": _classes,
    "profile": _texts,
    "shard": _shards,
    "executor": _texts,
    "tenant": _texts,
    "name": _texts,
    "file": _files,
    "older": _age,
    "newer": _age,
}
KNOWN_WORDS = " ".join(f"{word}:" for word in _READERS)


def _written(selection: Selection) -> Iterator[str]:
    for field in fields(selection):
        word, value = field.name.removesuffix("_"), getattr(selection, field.name)
        if value is None or value == () or word in ("ids", "owner", "reader"):
            continue
        if word in ("older", "newer"):
            yield f"{word}:{_written_age(value)}"
        elif word == "name":
            yield from (f"name:{written_values(group)}" for group in value)
        else:
            yield f"{word}:{written_values(map(str, value))}"


def _written_age(seconds: int) -> str:
    """In the largest unit that it is a whole number of."""
    unit = max((unit for unit in _SECONDS if seconds % _SECONDS[unit] == 0), key=_SECONDS.__getitem__)
    return f"{seconds // _SECONDS[unit]}{unit}" if seconds else "0s"
