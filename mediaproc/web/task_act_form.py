"""The act on tasks that a form of a page asks for."""

from mediaproc.acts.task_answers import TaskAct, act_named
from mediaproc.core.priority import parse_priority
from mediaproc.web.page import Form

# Acts that a button alone does not say, or that have no way back.
_NEED_MORE = frozenset({"reject", "priority", "cancel"})


def act_of_form(form: Form) -> TaskAct:
    """The act whose button was pressed.

    Raises:
        WrongUse: its value is missing or cannot be.
    """
    name = form["act"]
    return act_named(
        name,
        because=form["because"] if name == "reject" else None,
        priority=parse_priority(form["priority"]) if name == "priority" else None,
    )


def needs_more(form: Form) -> bool:
    """Whether something is to be asked before it is done to ticked tasks."""
    return form["act"] in _NEED_MORE


def act_name(form: Form) -> str:
    """The name of the act whose button was pressed, while its value is not known yet.

    Raises:
        WrongUse: there is no such act.
    """
    name = form["act"]
    return name if needs_more(form) else act_named(name).name
