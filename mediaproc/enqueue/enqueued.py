"""What became of one path that was enqueued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.db.tasks.insert import TaskOfFile


@dataclass(frozen=True, kw_only=True)
class Enqueued:
    """The result for one path. `file` is the SHA-256 of the bytes.

    `error` is a sentence where a profile refused the bytes, also where others took them.

    `error_class` is that of the refusal; where several profiles refused, that of the first.

    `tasks` holds the task of each profile; `task` is the id of the first new one, else of the first.
    """

    path: Path
    status: Literal["enqueued", "duplicate", "refused"]
    file: str | None = None
    task: int | None = None
    tasks: tuple[TaskOfFile, ...] = ()
    error: str | None = None
    error_class: ErrorClass | None = None

    @classmethod
    def of(cls, *, path: Path, file: str, tasks: Sequence[TaskOfFile], misfits: Mapping[str, BadSource]) -> Self:
        """The result for a file with these tasks, at least one, and with profiles that refused it."""
        new = [task for task in tasks if task.is_new]
        return cls(
            path=path,
            status="enqueued" if new else "duplicate",
            file=file,
            task=(new or tasks)[0].id,
            tasks=tuple(tasks),
            error=" ".join(f"No {name}: {misfit}" for name, misfit in misfits.items()) or None,
            error_class=next((misfit.error_class for misfit in misfits.values()), None),
        )
