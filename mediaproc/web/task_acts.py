"""An act on one task, for a caller that may: asked for by a program or with a button."""

from functools import partial

from mediaproc.acts import task_answers
from mediaproc.acts.task_answers import Refusal, TaskAct
from mediaproc.core.access import Access
from mediaproc.core.selection import Selection
from mediaproc.web.entity_tag import require_match
from mediaproc.web.site import Site
from mediaproc.web.tenant_bounds import changeable, require_own, task_seen


def act_on_task(
    site: Site, act: TaskAct, task_id: int, *, access: Access, if_match: str | None = None
) -> Refusal | None:
    """Do the act to the task, for those who may; returns why it was not done, or None when it was.

    Raises:
        Problem: the caller may not, the task is not there, or it is not as `if_match` says.
    """
    database = site.parts.database
    with site.read() as connection:
        require_own(task_seen(connection, task_id, access=access), access=access)
    selection = changeable(Selection(ids=(task_id,)), access=access)
    require = partial(require_match, task_id=task_id, access=access, if_match=if_match)
    changed = act.change(database, selection, actor=access.actor, require=require)
    return task_answers.refusals(database, selection, changed).get(task_id)
