"""Decides about what a watch comes upon: whether it has stopped growing, and what is to be done with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.errors import ErrorClass

# How programs call a file that they still write: curl and wget's helpers, Firefox, Chrome, Safari, WinSCP, many others.
_PARTIAL_ENDINGS = (".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp", ".temp", "~")

# Refusals that only a change of the file can mend. For others a person may change a setting, or a program.
_LASTING = frozenset(
    {
        ErrorClass.UNREADABLE,
        ErrorClass.EMPTY,
        ErrorClass.NO_VIDEO,
        ErrorClass.NO_AUDIO,
        ErrorClass.UNDECODABLE,
        ErrorClass.TRUNCATED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file or an object that a look found; `name` is its path or its key.

    `identity` and `growth` stay the same when it gets another name or other rights, `growth` only as long as nobody
    writes to it; `state` stays as long as nothing is done to it at all. `is_whole`: it came in one piece, and nobody
    writes to it any more.
    """

    name: str
    identity: str
    growth: str
    state: str
    size: int
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What became of an arrival in this state: it was taken, or else refused."""

    state: str
    was_taken: bool


class Step(StrEnum):
    """What is to be done with an arrival."""

    TAKE = "take"
    PUT_AWAY = "put away"
    LEAVE = "leave"


def next_step(arrival: Arrival, *, remembered: Remembered | None, puts_away: bool) -> Step:
    """What is to be done once it has settled; with `puts_away`, what was taken shall not stay where it is.

    One that was taken and is still there: the watch was killed before it could put it away.
    """
    if is_partial(arrival.name):
        return Step.LEAVE
    if remembered is None or remembered.state != arrival.state:
        return Step.TAKE
    return Step.PUT_AWAY if remembered.was_taken and puts_away else Step.LEAVE


def is_partial(name: str) -> bool:
    """Whether the last part of the name says that it is hidden, as rsync's unfinished files are, or still written."""
    last = name.rpartition("/")[2]
    return not last or last.startswith(".") or last.lower().endswith(_PARTIAL_ENDINGS)


def numbered(name: str, number: int) -> str:
    """The name of the so many-th file of that name: `film.avi`, `film-2.avi`."""
    stem, _, ending = name.rpartition(".")
    if number == 1:
        return name
    return f"{stem}-{number}.{ending}" if stem else f"{name}-{number}"


def is_lasting(error_class: ErrorClass | None) -> bool:
    """Whether a refusal of this class holds for the file whatever changes around it."""
    return error_class in _LASTING


class Settling:
    """Notices which arrivals have not grown for `quiet` seconds, by what each look found."""

    def __init__(self, *, quiet: float) -> None:
        self._quiet = quiet
        self._seen: dict[str, tuple[str, float]] = {}

    def settled(self, found: Iterable[Arrival], *, now: float) -> list[Arrival]:
        """Those of one look that have settled; what it did not find is forgotten. `now` in seconds of any clock."""
        before, self._seen = self._seen, {}
        settled = []
        for arrival in found:
            growth, since = before.get(arrival.identity, (arrival.growth, now))
            if growth != arrival.growth:
                since = now
            self._seen[arrival.identity] = (arrival.growth, since)
            if arrival.is_whole or now - since >= self._quiet:
                settled.append(arrival)
        return settled
