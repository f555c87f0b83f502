"""The acts on tasks as terminal, API and page name them, and what came of one, in sentences that all of them share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from mediaproc.acts import tasks as acts
from mediaproc.acts.tasks import Changed
from mediaproc.core.errors import WrongUse
from mediaproc.core.lifecycle import Status
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import quoted
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine


@dataclass(frozen=True, kw_only=True)
class TaskAct:
    """An act on the tasks of a selection; `done` says what a task is after it."""

    name: str
    done: str
    change: Callable[..., Changed]


RETRY = TaskAct(name="retry", done="due now", change=acts.retry)
CANCEL = TaskAct(name="cancel", done="cancelled", change=acts.cancel)


def rejection(because: str) -> TaskAct:
    """To reject tasks with this sentence."""
    return TaskAct(name="reject", done="rejected", change=partial(acts.reject, because=because))


def new_priority(priority: int) -> TaskAct:
    """To give tasks this priority."""
    change = partial(acts.set_priority, priority=priority)
    return TaskAct(name="priority", done=f"of priority {priority}", change=change)


def act_named(name: str, *, because: str | None = None, priority: int | None = None) -> TaskAct:
    """The act of this name, with the one value that it needs.

    Raises:
        WrongUse: there is no such act, its value is missing, or it takes none.
    """
    if name not in {"retry", "cancel", "reject", "priority"}:
        raise WrongUse(f"There is no act {quoted(name)} on tasks: it is retry, cancel, reject or priority.")
    if (because is None) != (name != "reject"):
        raise WrongUse("`because` is what `reject` needs, and no other action takes.")
    if (priority is None) != (name != "priority"):
        raise WrongUse("`priority` is what the action of this name needs, and no other takes.")
    if because is not None:
        return rejection(because)
    if priority is not None:
        return new_priority(priority)
    return RETRY if name == "retry" else CANCEL


@dataclass(frozen=True, kw_only=True)
class TaskAnswer:
    """What became of one task that an act named; `error` is a sentence where it was not done."""

    task: int
    done: bool
    error: str | None


@dataclass(frozen=True, kw_only=True)
class SelectionAnswer:
    """What an act came to on the tasks that words mean; `error` is a sentence where some of them were not changed."""

    selection: str
    met: int
    changed: int
    locked: int
    error: str | None


class Hindrance(Enum):
    """Why an act left a task as it was."""

    NOT_THERE = "not there"
    TOO_LATE = "too late"
    LOCKED = "locked"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why an act left a task as it was, with the sentence for whoever asked."""

    hindrance: Hindrance
    sentence: str


def refusals(database: Database, selection: Selection, changed: Changed) -> Mapping[int, Refusal]:
    """Why tasks of a selection by ids were not changed, by id."""
    if changed.changed == len(selection.ids):
        return {}
    others = (set(selection.ids) - set(changed.done)) - set(changed.locked)
    with database.read() as connection:
        lines = {line.id: line for line in tasks.tasks_named(connection, ids=others)}
    locked = {
        task_id: Refusal(
            hindrance=Hindrance.LOCKED, sentence=f"Task {task_id} is locked by another session: try again."
        )
        for task_id in changed.locked
    }
    return {task_id: _why_not(task_id, lines.get(task_id)) for task_id in others} | locked


def _why_not(task_id: int, line: TaskLine | None) -> Refusal:
    if line is None:
        return Refusal(hindrance=Hindrance.NOT_THERE, sentence=no_such_task(task_id))
    if line.status == Status.PROCESSING:
        sentence = f"Task {task_id} is being worked on: wait for its end, or cancel it."
    else:
        sentence = f"Task {task_id} is {line.status} already."
    return Refusal(hindrance=Hindrance.TOO_LATE, sentence=sentence)


def no_such_task(task_id: int) -> str:
    """The sentence for an id that no task has."""
    return f"There is no task {task_id}."


def summary(act: TaskAct, changed: Changed) -> str:
    """What the act came to on the tasks that words mean, as a sentence."""
    if not changed.met:
        return "No task that is not done matches this selection: nothing was changed."
    sentence = f"{counted(changed.changed, 'task')} of {changed.met} {'is' if changed.changed == 1 else 'are'}"
    late, locked = changed.met - changed.changed - len(changed.locked), len(changed.locked)
    too_late = f" For {counted(late, 'task')} it was too late, or it is so already." if late else ""
    waits = f" {counted(locked, 'task')} stayed locked by another session: try again." if locked else ""
    return f"{sentence} {act.done}.{too_late}{waits}"


def selection_answer(act: TaskAct, selection: Selection, changed: Changed) -> SelectionAnswer:
    """The same for programs."""
    return SelectionAnswer(
        selection=str(selection),
        met=changed.met,
        changed=changed.changed,
        locked=len(changed.locked),
        error=None if is_whole(changed) else summary(act, changed),
    )


def is_whole(changed: Changed) -> bool:
    """Whether the act changed each task that it met, and met any."""
    return 0 < changed.changed == changed.met
