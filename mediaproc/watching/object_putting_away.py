"""Puts an object away that was taken: under another folder of the bucket, or out of the world."""

from dataclasses import dataclass
from typing import Protocol

from mediaproc.core.errors import WrongUse
from mediaproc.core.keys import folder_of_others
from mediaproc.core.safe_text import quoted
from mediaproc.core.settling import numbered
from mediaproc.store.interface import Store


class ObjectPuttingAway(Protocol):
    """What becomes of an object that was taken."""

    def put_away(self, key: str) -> None:
        """Put it away.

        Raises Unavailable.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ObjectRemoval:
    """Removes it."""

    store: Store

    def put_away(self, key: str) -> None:
        """As ObjectPuttingAway.put_away."""
        self.store.delete(key)


@dataclass(frozen=True, kw_only=True)
class ObjectMove:
    """Moves it under the folder `to` with the rest of its key; one that is there already stays."""

    store: Store
    prefix: str
    to: str

    def put_away(self, key: str) -> None:
        """As ObjectPuttingAway.put_away."""
        target = self.to + key.removeprefix(self.prefix)
        name = target.rpartition("/")[2]
        free, number = target, 1
        while self.store.stat(free) is not None:
            number += 1
            free = target.removesuffix(name) + numbered(name, number)
        self.store.move(key, to=free)


def move_under(to: str, *, store: Store, prefix: str) -> ObjectMove:
    """What moves objects from under the prefix to another folder of the bucket.

    Raises:
        WrongUse: it is no folder of the bucket, is the watched one, or lies in it.
    """
    target = folder_of_others(to)
    if target.startswith(prefix):
        raise WrongUse(f"What is moved to {quoted(to)} would arrive anew: name a folder outside of the watched one.")
    return ObjectMove(store=store, prefix=prefix, to=target)
