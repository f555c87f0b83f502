"""The entity tag of a task, by which a client says which state of it an act is meant for."""

import hashlib
from typing import Annotated

from fastapi import Header

from mediaproc.core.access import Access
from mediaproc.db.database import Connection
from mediaproc.db.views.whole_task import WholeTask
from mediaproc.web.problems import Problem, ProblemKind
from mediaproc.web.tenant_bounds import task_seen

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="Do it only to the task as it was with this entity tag."),
]


def entity_tag(task: WholeTask) -> str:
    """Another one whenever the task's fingerprint is another."""
    return f'"{hashlib.sha256(task.fingerprint.encode()).hexdigest()[:32]}"'


def is_listed(tag: str, listed: str | None) -> bool:
    """Whether the header lists the tag, or is `*`."""
    return listed is not None and bool({tag, f"W/{tag}", "*"} & {each.strip() for each in listed.split(",")})


def require_match(connection: Connection, task_id: int, *, access: Access, if_match: str | None) -> None:
    """Passes when the client named no state of the task, or the present one.

    Raises:
        Problem: somebody has changed it meanwhile, or it is not there.
    """
    if if_match is not None and not is_listed(entity_tag(task_seen(connection, task_id, access=access)), if_match):
        raise Problem(
            ProblemKind.CHANGED, f"Task {task_id} is not any more what it was: look at it again before you change it."
        )
