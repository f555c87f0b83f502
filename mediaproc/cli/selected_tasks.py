"""Which tasks a command means: its arguments as a selection, the database where they are, and whether that is meant."""

import sys
from collections.abc import Sequence

import typer

from mediaproc.core.errors import WrongUse
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.core.selection import KNOWN_WORDS, Selection
from mediaproc.db.views.tasks import Count, TaskLine

SELECTION_HELP = (
    f"Which tasks: their numbers, or words in quotes, all of which must hold: {KNOWN_WORDS}"
    " Alternatives stand as status:failed|rejected."
)


def selection_of(arguments: Sequence[str]) -> Selection:
    """The selection that the arguments make together.

    Raises:
        WrongUse: they make none.
    """
    return Selection.parse(" ".join(arguments))


def require_someone_to_ask() -> None:
    """Passes where a person can be asked.

    Raises:
        WrongUse: nobody can.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUse(
            "Words may mean many tasks, and nobody can be asked here: say --yes, or give the ids of the tasks."
        )


def agreed(act: str, *, count: Count, sample: Sequence[TaskLine]) -> bool:
    """Whether the person who sees the count and a sample of the tasks agrees to the act."""
    for line in sample:
        typer.echo(f"  {line.id}  {line.status}  {line.profile}  {shown(line.filename, limit=60)}", err=True)
    if count.tasks > len(sample):
        typer.echo("  ...", err=True)
    many = f"{count.tasks:,} or more tasks" if count.more else counted(count.tasks, "task")
    return typer.confirm(f"{act}: {many}. Go on?", err=True)
