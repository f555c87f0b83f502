"""The latest state of each thing that somebody looks at, numbered in the order in which they changed."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an event tells of."""

    TASK = "task"
    COUNTS = "counts"
    EXECUTOR = "executor"
    # How many tasks a list misses by now.
    NEWER = "newer"


@dataclass(frozen=True, kw_only=True)
class Key:
    """Which thing it is among those of its kind."""

    kind: Kind
    of: Hashable = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The state of a thing, and the number of its latest change."""

    key: Key
    number: int
    state: object
    sameness: object = field(repr=False)
    _texts: dict[str, str | None] = field(default_factory=dict, compare=False)

    def text(self, form: str, write: Callable[["Entry"], str | None]) -> str | None:
        """The state in a form, written once for all streams of that form."""
        if form not in self._texts:
            self._texts[form] = write(self)
        return self._texts[form]


class Board:
    """Used by one thread at a time."""

    def __init__(self) -> None:
        self.number = 0
        self._entries: dict[Key, Entry] = {}

    def put(self, key: Key, state: object, *, sameness: object = None) -> bool:
        """Note the state; returns whether it changed, by `sameness` where the state holds what changes all the time."""
        sameness = state if sameness is None else sameness
        before = self._entries.get(key)
        if before is not None and before.sameness == sameness:
            return False
        self.number += 1
        self._entries[key] = Entry(key=key, number=self.number, state=state, sameness=sameness)
        return True

    def keep(self, is_shown: Callable[[Key], bool]) -> None:
        """Forget what nobody looks at any more."""
        self._entries = {key: entry for key, entry in self._entries.items() if is_shown(key)}

    def of_kind(self, kind: Kind) -> Collection[Key]:
        """The things of a kind."""
        return [key for key in self._entries if key.kind is kind]

    def since(self, number: int, keys: Iterable[Key]) -> list[Entry]:
        """Those of these things that changed after the change of that number, in the order of their changes."""
        found = (self._entries.get(key) for key in keys)
        return sorted(
            (entry for entry in found if entry is not None and entry.number > number), key=lambda entry: entry.number
        )
