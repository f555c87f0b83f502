"""The streams of one server: what each of them shows, whose it is, and how many there may be."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Self, assert_never

from mediaproc.core.access import Access
from mediaproc.core.selection import Selection
from mediaproc.db.selection import Cursor
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.live.board import Key, Kind

MOST_STREAMS, MOST_FOR_ONE, MOST_TASKS = 200, 10, 2000

NOTHING: Mapping[int, TaskLine] = MappingProxyType({})


class Refusal(Enum):
    """Why there is no further stream."""

    SERVER_IS_FULL = auto()
    READER_HAS_MOST = auto()


@dataclass(frozen=True, kw_only=True)
class Newer:
    """A list of which is told how many tasks it misses: its selection, and its first row."""

    selection: Selection
    than: Cursor
    with_history: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a stream shows."""

    tasks: frozenset[int] = frozenset()
    counts: bool = False
    executors: bool = False
    newer: Newer | None = None

    def has_any(self, changed: "Screens") -> bool:
        """Whether it shows something of that."""
        return (
            not self.tasks.isdisjoint(changed.tasks)
            or (self.counts and changed.counts)
            or (self.executors and changed.executors)
            or self.newer in changed.lists
        )

    def keys(self, executors: Collection[Key]) -> Iterator[Key]:
        """What it shows, of these executors all."""
        yield from (Key(kind=Kind.TASK, of=task) for task in self.tasks)
        if self.counts:
            yield Key(kind=Kind.COUNTS)
        if self.newer is not None:
            yield Key(kind=Kind.NEWER, of=self.newer)
        if self.executors:
            yield from executors


@dataclass(frozen=True, kw_only=True)
class Screens:
    """What all streams together show."""

    tasks: frozenset[int]
    counts: bool
    executors: bool
    lists: frozenset[Newer]

    @classmethod
    def of(cls, shown: Collection[Shown]) -> Self:
        """All of these."""
        return cls(
            tasks=frozenset[int]().union(*(each.tasks for each in shown)),
            counts=any(each.counts for each in shown),
            executors=any(each.executors for each in shown),
            lists=frozenset(each.newer for each in shown if each.newer is not None),
        )

    @classmethod
    def of_keys(cls, keys: Iterable[Key]) -> Self:
        """These things."""
        of = defaultdict[Kind, set[Any]](set)
        for key in keys:
            of[key.kind].add(key.of)
        return cls(
            tasks=frozenset(of[Kind.TASK]),
            counts=bool(of[Kind.COUNTS]),
            executors=bool(of[Kind.EXECUTOR]),
            lists=frozenset(of[Kind.NEWER]),
        )

    def has(self, key: Key) -> bool:
        """Whether any of them shows this."""
        match key.kind:
            case Kind.TASK:
                return key.of in self.tasks
            case Kind.COUNTS:
                return self.counts
            case Kind.EXECUTOR:
                return self.executors
            case Kind.NEWER:
                return key.of in self.lists
        assert_never(key.kind)


class Stream:
    """One open stream; the hub's thread wakes it, the event loop's sends what it shows."""

    def __init__(
        self, *, access: Access, shown: Shown, sent: int | None, known_as: Mapping[int, TaskLine] = NOTHING
    ) -> None:
        """`sent` is the number of the latest change that the reader has, None where nobody knows.

        `known_as` are the tasks of which the reader may know less than others do, as it was told them.
        """
        self.access = access
        self.shown = shown
        self.known_as = known_as
        self.has_to_reset = sent is None
        self.sent = sent or 0
        self.is_stale = False
        self.is_over = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()

    @property
    def credential(self) -> str | bytes | None:
        """The session or the token that it was opened with."""
        return self.access.session or self.access.token_id

    @property
    def reader(self) -> str | bytes:
        """Who has it open."""
        return self.credential or self.access.actor

    def reset(self) -> None:
        """Its reader is to forget what it knows, and is told everything again."""
        self.has_to_reset = True
        self.sent = 0

    def begin(self) -> None:
        """From here on it is woken in the loop that calls this."""
        self._loop = asyncio.get_running_loop()
        self._news.set()

    def wake(self) -> None:
        """There is something to send; from any thread."""
        if self._loop is not None:
            # A loop that is closed has no stream any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.set)

    def end(self) -> None:
        """It is to send no more; from any thread."""
        self.is_over = True
        self.wake()

    async def news(self, *, within: float) -> bool:
        """Whether it was woken within so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Streams:
    """Those that are open; used under the hub's lock."""

    def __init__(self) -> None:
        self._open: set[Stream] = set()

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def add(self, stream: Stream) -> Refusal | None:
        """One more, unless there are as many as the server can serve, or as one reader may have."""
        tasks = Screens.of([*self.shown(), stream.shown]).tasks
        if len(self._open) >= MOST_STREAMS or len(tasks) > MOST_TASKS:
            return Refusal.SERVER_IS_FULL
        if sum(each.reader == stream.reader for each in self._open) >= MOST_FOR_ONE:
            return Refusal.READER_HAS_MOST
        self._open.add(stream)
        return None

    def remove(self, stream: Stream) -> None:
        """One less; it may be gone already."""
        self._open.discard(stream)

    def shown(self) -> list[Shown]:
        """What each of them shows."""
        return [stream.shown for stream in self._open]
