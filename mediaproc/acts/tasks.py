"""Acts on tasks: retry, cancel, reject, change the priority; on the tasks of a selection that are not done.

A large selection is changed in batches, each a transaction of its own with its own line of audit: what the lines say is
what was changed, also where the program dies between two of them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from mediaproc.core.errors import MediaprocError, WrongUse
from mediaproc.core.safe_text import shown
from mediaproc.core.selection import Selection
from mediaproc.db import audit
from mediaproc.db.database import Connection, Database
from mediaproc.db.selection import Cursor
from mediaproc.db.tasks import operator_acts
from mediaproc.db.tasks.selected_tasks import await_one, batch, beginning, lock_free, still_of

# Tasks that one transaction changes: tens of milliseconds, for which no executor waits, since a claim passes over rows
# that are locked.
_BATCH = 1_000
_LONGEST_SENTENCE = 500


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What an act really did. It met `met` tasks, and changed `changed` of them.

    For the others it came too late, by their status or since they are gone; but `locked` are those whose rows another
    session had locked for longer than the act waits. Of a selection by ids, `done` are those that were changed.
    """

    met: int = 0
    changed: int = 0
    done: tuple[int, ...] = ()
    locked: tuple[int, ...] = ()


class _Change(Protocol):
    def __call__(self, connection: Connection, *, ids: Collection[int]) -> frozenset[int]: ...


# Is told after each batch how many tasks it met.
Told = Callable[[int], None]


# Is called in each transaction once the tasks are locked; what it raises leaves them as they are.
Require = Callable[[Connection], None]


def _nobody(_met: int) -> None:
    """Nobody is told."""


def _nothing(_connection: Connection) -> None:
    """Nothing is required."""


def retry(
    database: Database, selection: Selection, *, actor: str, told: Told = _nobody, require: Require = _nothing
) -> Changed:
    """Make tasks due now with no strike against them, rejected ones too.

    Raises:
        MediaprocError: the selection asks for tasks that are done.
    """
    return _Act(database, selection, actor=actor, name="retry", change=operator_acts.retry, require=require).run(told)


def cancel(
    database: Database, selection: Selection, *, actor: str, told: Told = _nobody, require: Require = _nothing
) -> Changed:
    """Move tasks to history as cancelled; what runs is stopped at once.

    Raises:
        MediaprocError: the selection asks for tasks that are done.
    """
    return _Act(database, selection, actor=actor, name="cancel", change=operator_acts.cancel, require=require).run(told)


def reject(
    database: Database,
    selection: Selection,
    *,
    because: str,
    actor: str,
    told: Told = _nobody,
    require: Require = _nothing,
) -> Changed:
    """Let tasks wait for a person, with the sentence that says why; what runs is stopped at once.

    Raises:
        WrongUse: the sentence is empty.
        MediaprocError: the selection asks for tasks that are done.
    """
    sentence = shown(because.strip(), limit=_LONGEST_SENTENCE)
    if not sentence:
        raise WrongUse("A task is rejected with a sentence that says why, and this one is empty.")
    change = partial(operator_acts.reject, because=sentence)
    return _Act(database, selection, actor=actor, name="reject", change=change, because=sentence, require=require).run(
        told
    )


def set_priority(
    database: Database,
    selection: Selection,
    *,
    priority: int,
    actor: str,
    told: Told = _nobody,
    require: Require = _nothing,
) -> Changed:
    """Give tasks this priority, within the bounds of `core/priority.py`.

    Raises:
        MediaprocError: the selection asks for tasks that are done.
    """
    change = partial(operator_acts.set_priority, priority=priority)
    return _Act(database, selection, actor=actor, name=f"priority {priority}", change=change, require=require).run(told)


@dataclass(frozen=True)
class _Act:
    database: Database
    selection: Selection
    actor: str
    name: str
    change: _Change
    because: str | None = None
    require: Require = _nothing

    def run(self, told: Told) -> Changed:
        if self.selection.outcomes:
            raise MediaprocError(
                f"Tasks in history are done, and there is no {self.name.split()[0]} of them: leave out"
                f" status:{'|'.join(self.selection.outcomes)}, or enqueue their files again with --force."
            )
        with self.database.read() as connection:
            until = beginning(connection)
        met, done, held, locked = 0, list[int](), list[int](), list[int]()
        after: Cursor | None = None
        while (one := self._batch(until=until, after=after)) is not None:
            after = one.last
            met += one.met
            done += one.changed
            held += one.held
            told(one.met)
        for task_id in held:
            match self._alone(task_id):
                case None:
                    locked.append(task_id)
                case True:
                    done.append(task_id)
        named = tuple(done) if self.selection.ids else ()
        return Changed(met=met, changed=len(done), done=named, locked=tuple(locked))

    def _batch(self, *, until: datetime, after: Cursor | None) -> "_Batch | None":
        """Change the next tasks; None when there are none any more."""
        with self.database.write() as connection:
            page = batch(connection, selection=self.selection, until=until, after=after, limit=_BATCH)
            if not page:
                return None
            ids = [each.id for each in page]
            free = lock_free(connection, selection=self.selection, ids=ids)
            self.require(connection)
            changed = self.change(connection, ids=free) if free else frozenset[int]()
            self._record(connection, ids=ids, count=len(changed))
            held = still_of(connection, selection=self.selection, ids=frozenset(ids) - free)
        return _Batch(last=page[-1], met=len(ids), changed=changed, held=held)

    def _alone(self, task_id: int) -> bool | None:
        """Change a task whose row was locked, as soon as it is free; None when it stays locked."""
        with self.database.write() as connection:
            is_locked = await_one(connection, selection=self.selection, task_id=task_id)
            if not is_locked:
                return is_locked
            self.require(connection)
            changed = bool(self.change(connection, ids=[task_id]))
            self._record(connection, ids=[task_id], count=int(changed))
        return changed

    def _record(self, connection: Connection, *, ids: Collection[int], count: int) -> None:
        # Of many ids, each line tells only those of its own batch.
        meant = Selection(ids=tuple(ids)) if self.selection.ids else self.selection
        audit.record(
            connection, actor=self.actor, act=self.name, selection=str(meant), count=count, because=self.because
        )


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What one transaction met and changed; `held` are the rows that another session had locked."""

    last: Cursor
    met: int
    changed: Collection[int]
    held: Collection[int]
