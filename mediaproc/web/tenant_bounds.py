"""What a caller that is bound to a tenant sees and changes: the one place where a request is narrowed to it."""

from dataclasses import replace
from typing import Annotated

from fastapi import Security

from mediaproc.acts.task_answers import no_such_task
from mediaproc.core.access import Access, Scope
from mediaproc.core.selection import Selection
from mediaproc.db.database import Connection
from mediaproc.db.views.whole_task import WholeTask, whole_tasks
from mediaproc.web.auth import access_of
from mediaproc.web.problems import Problem, ProblemKind, not_found


def seen(selection: Selection, *, access: Access) -> Selection:
    """The tasks of the selection that the caller may see: those of its tenant's files.

    Raises:
        Problem: it asks for another tenant's.
    """
    if access.tenant is None:
        return selection
    if selection.tenant and access.tenant not in selection.tenant:
        raise Problem(ProblemKind.FORBIDDEN, "This login sees the tasks of its own tenant only: leave out tenant:.")
    return replace(selection, tenant=(access.tenant,), reader=access.tenant)


def changeable(selection: Selection, *, access: Access) -> Selection:
    """The tasks of the selection that the caller may change: of a file that others have too, only its own.

    Raises:
        Problem: it asks for another tenant's.
    """
    return replace(seen(selection, access=access), owner=access.tenant)


def task_seen(connection: Connection, task_id: int, *, access: Access) -> WholeTask:
    """The task, for those who may see it.

    Raises:
        Problem: there is none, or it is another tenant's.
    """
    found = whole_tasks(connection, ids=[task_id], tenant=access.tenant).get(task_id)
    if found is None:
        raise not_found(no_such_task(task_id))
    return found


def require_own(task: WholeTask, *, access: Access) -> None:
    """Passes for those who may change the task.

    Raises:
        Problem: another tenant had it made, of a file that the caller's tenant has too.
    """
    if access.tenant not in {None, task.tenant}:
        raise Problem(
            ProblemKind.FORBIDDEN,
            f"Task {task.id} is another tenant's, who uploaded the same file: it cannot be changed here.",
        )


def whole_site_access(access: Annotated[Access, Security(access_of)]) -> Access:
    """What the caller may do, when that is enough, for what concerns no tenant alone.

    Raises:
        Problem: as `access_of`, or the caller is bound to a tenant.
    """
    if access.tenant is not None:
        raise Problem(
            ProblemKind.FORBIDDEN, "This concerns the whole site, and this login only sees what is its own tenant's."
        )
    return access


# What a handler's parameter says of its caller, as those of `auth.py`: and it is bound to no tenant.
SiteReader = Annotated[Access, Security(whole_site_access, scopes=[Scope.READ])]
SiteOperator = Annotated[Access, Security(whole_site_access, scopes=[Scope.OPERATE])]
SiteAdmin = Annotated[Access, Security(whole_site_access, scopes=[Scope.ADMIN])]
