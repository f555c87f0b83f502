"""`mediaproc tasks complete`: one task, with a file that was made elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from mediaproc import app as composition
from mediaproc.acts import completion
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import Json, examples, with_settings
from mediaproc.config import Settings
from mediaproc.core.errors import MediaprocError
from mediaproc.core.safe_text import quoted
from mediaproc.core.selection import LARGEST_ID

app = typer.Typer(add_completion=False)


@app.command(epilog=examples("mediaproc tasks complete 17 --with film.mp4"))
@with_settings()
def complete(
    *,
    task_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="The number of a task.")],
    file: Annotated[Path, typer.Option("--with", metavar="FILE", help="What was made of its source elsewhere.")],
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Complete a task with a file that was made elsewhere: it is verified as any output is, uploaded and settled.

    A file that does not pass changes nothing.
    """
    if not file.is_file():
        raise MediaprocError(f"There is no file {quoted(str(file))}: --with names what was made of the task's source.")
    with opened(settings) as parts:
        parts.store.check()
        done = completion.complete(composition.make_workshop(parts), task_id=task_id, file=file, actor=actor())
    if json:
        print_json(completion.CompletionAnswer.of(done))
    else:
        typer.echo(f"Task {done.task_id} is completed: {done.rendition.bucket}/{done.rendition.key}")
    return ExitCode.DONE
