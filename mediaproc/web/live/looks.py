"""What one look of the hub reads of the database: bounded by what is on screens, whatever happens to the tasks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from mediaproc import clock
from mediaproc.core.errors import WrongUse
from mediaproc.core.lifecycle import Status
from mediaproc.db import live, watched_claims
from mediaproc.db.access import sessions, tokens
from mediaproc.db.database import Database
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.live.board import Key, Kind
from mediaproc.web.live.streams import Newer, Screens

# Seconds from one note to the next that somebody watches what runs: several in the time for which a note is good.
_WATCH_EVERY = 4.0
# Lists are counted less often, no further than that, and no more of them.
_COUNT_EVERY, MOST_NEWER, MOST_LISTS = 3.0, 99, 20


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The state of a thing; `sameness` tells whether it changed."""

    key: Key
    state: object
    sameness: object


class Looks:
    """For one thread; it knows what it did lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watched: frozenset[tuple[int, int]] = frozenset()
        self._watched_at = self._counted_at = float("-inf")
        # Those that take too long to be counted, and those that were.
        self._uncountable: frozenset[Newer] = frozenset()
        self._counted: frozenset[Newer] = frozenset()

    def look(self, screens: Screens) -> Iterator[Seen]:
        """All that is shown, as it is now.

        Raises:
            Unavailable, PartMissing
        """
        with self._database.single(waits_for_standby=False) as connection:
            lines = tasks.tasks_named(connection, ids=screens.tasks) if screens.tasks else []
            for line in lines:
                # When it is due is told as of the look at which something else changed.
                yield Seen(key=Key(kind=Kind.TASK, of=line.id), state=line, sameness=replace(line, due_in=None))
            if screens.counts:
                counts = live.live_counts(connection)
                yield Seen(key=Key(kind=Kind.COUNTS), state=counts, sameness=counts)
            if screens.executors:
                for executor in live.live_executors(connection):
                    yield Seen(key=Key(kind=Kind.EXECUTOR, of=executor.executor_id), state=executor, sameness=executor)
        self._watch(lines)
        yield from self._newer(screens.lists)

    def _watch(self, lines: Collection[TaskLine]) -> None:
        """Let executors write the progress of what is shown more often."""
        running = frozenset((line.id, line.attempt) for line in lines if line.status == Status.PROCESSING)
        now = clock.elapsed()
        if not running or (running <= self._watched and now - self._watched_at < _WATCH_EVERY):
            return
        with self._database.single(waits_for_standby=False) as connection:
            watched_claims.forget_lapsed(connection)
        with self._database.single(waits_for_standby=False) as connection:
            watched_claims.watch(connection, task_ids=[task_id for task_id, _ in running])
        self._watched, self._watched_at = running, now

    def _newer(self, lists: frozenset[Newer]) -> Iterator[Seen]:
        now = clock.elapsed()
        if lists <= self._counted and now - self._counted_at < _COUNT_EVERY:
            return
        self._uncountable &= lists
        self._counted, self._counted_at = lists, now
        for each in sorted(lists - self._uncountable, key=lambda each: each.than.created_at)[:MOST_LISTS]:
            try:
                with self._database.read() as connection:
                    found = tasks.count_newer(
                        connection,
                        selection=each.selection,
                        than=each.than,
                        at_most=MOST_NEWER,
                        with_history=each.with_history,
                    )
            except WrongUse:
                self._uncountable |= {each}
                continue
            yield Seen(key=Key(kind=Kind.NEWER, of=each), state=found, sameness=found)

    def valid_among(self, credentials: Collection[str | bytes]) -> frozenset[str | bytes]:
        """Those of these tokens, by their ids, and sessions, by their digests, that are valid now.

        Raises:
            Unavailable, PartMissing
        """
        with self._database.single(waits_for_standby=False) as connection:
            return tokens.valid_among(
                connection, ids=[each for each in credentials if isinstance(each, str)]
            ) | sessions.valid_among(
                connection, secrets_sha256=[each for each in credentials if isinstance(each, bytes)]
            )
