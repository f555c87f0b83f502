"""An act on all tasks that words mean, by somebody who has counted them: if they are about as many still."""

from mediaproc.acts import task_answers
from mediaproc.acts.task_answers import SelectionAnswer, TaskAct
from mediaproc.core.errors import MediaprocError
from mediaproc.core.quantities import counted
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import Count

# The share by which the tasks may have become more or fewer since they were counted.
_TOLERANCE = 0.1


class CountChangedError(MediaprocError):
    """So many tasks more or fewer than expected are meant now that somebody has to look again."""


def act_on_counted(
    database: Database, act: TaskAct, selection: Selection, *, expect: int, actor: str
) -> SelectionAnswer:
    """Do the act to all tasks of the selection that are not done, if they are about as many as `expect`.

    Where more tasks are there than are counted, `expect` must be as many as are counted, at least.

    Raises:
        CountChangedError: nothing is changed.
        WrongUse: they were not found in time.
        MediaprocError: as the act.
    """
    with database.read() as connection:
        count = tasks.count(connection, selection=selection)
    if not is_expected(count, expect=expect):
        many = f"{count.tasks:,} or more tasks" if count.more else counted(count.tasks, "task")
        raise CountChangedError(
            f"The selection means {many} now, and {expect:,} were expected: nothing was changed, look again."
        )
    changed = act.change(database, selection, actor=actor)
    return task_answers.selection_answer(act, selection, changed)


def is_expected(count: Count, *, expect: int) -> bool:
    """Whether they are about as many as somebody has seen."""
    if count.more:
        return expect >= count.tasks
    return abs(count.tasks - expect) <= _TOLERANCE * expect
