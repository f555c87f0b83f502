"""Everything that is known of a task: its row, each attempt, its rendition, its place in line."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from mediaproc.core.selection import Selection
from mediaproc.db.views import tasks
from mediaproc.db.views.attempts import AttemptLine, Ending, attempts_of, endings_of
from mediaproc.db.views.place_in_line import Place, place_in_line
from mediaproc.db.views.tasks import TaskLine


@dataclass(frozen=True, kw_only=True)
class WholeTask(TaskLine):
    """A task with all that happened to it, the first attempt first."""

    rendition: Ending | None
    attempts: Sequence[AttemptLine]
    place: Place | None

    @property
    def fingerprint(self) -> str:
        """Another one whenever somebody has acted on the task, claimed it or settled it; not for its progress."""
        token = self.attempts[-1].claim_token if self.attempts else None
        return f"{self.status} {self.fail_count} {self.priority} {self.attempt} {token}"


def whole_tasks(connection: Connection, *, ids: Collection[int], tenant: str | None = None) -> dict[int, WholeTask]:
    """The tasks of these ids, by id, wherever they are; of a `tenant`, those that it may see."""
    if tenant is None:
        lines = tasks.tasks_named(connection, ids=ids)
    else:
        lines = tasks.tasks(connection, selection=Selection(ids=tuple(ids), tenant=(tenant,), reader=tenant))
    endings = endings_of(connection, ids=[line.id for line in lines])
    return {
        line.id: WholeTask(
            **asdict(line),
            rendition=endings.get(line.id),
            attempts=attempts_of(connection, task_id=line.id),
            place=place_in_line(connection, task_id=line.id),
        )
        for line in lines
    }
