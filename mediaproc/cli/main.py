"""The entry point: finds the command, and turns an error into a sentence and an exit code."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from mediaproc import __version__
from mediaproc.cli.command_group import CommandGroup
from mediaproc.cli.exit_codes import INTERRUPTED, ExitCode, exit_codes_sentence
from mediaproc.cli.lean_imports import leave_out_what_is_not_used
from mediaproc.cli.usage_errors import explain_usage_error
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable, WrongUse
from mediaproc.core.safe_text import shown

_COMMANDS = {
    "transcode": "Make mp4s of films and of editors' drafts, here and now, and lay them into a folder.",
    "enqueue": "Upload videos and have them made into mp4s by the executors.",
    "executor": "Transcode what is due, until told to stop.",
    "serve": "Show the page and answer the HTTP API, until told to stop; transcode beside it.",
    "status": "Is it healthy, how long is the queue, and who is working on what?",
    "tasks": "What the tasks are and how they went; what can be done to them.",
    "pause": "Let executors claim nothing: of everything, or of one profile, shard or executor.",
    "resume": "Lift one pause, the one that was made with the same options; executors claim again at once.",
    "schedules": "What executors do by the clock; run, pause and change it.",
    "webhooks": "Tell other programs what became of tasks, by signed messages.",
    "token": "Let programs and persons use the page and the HTTP API.",
    "doctor": "Is everything there that mediaproc needs, and what to do where it is not?",
    "migrate": "Bring the database's tables and views to the version of this mediaproc.",
    "grants": (
        "Print, as SQL, what executor, enqueuer, operator, server and fetcher may do in the database, and no more."
    ),
    "compensate": (
        "One pass: give every task whose lease ran out back, with a strike, and remove what losers uploaded."
    ),
    "prune": (
        "Remove what is older than the settings keep it: ends of logs, attempts, audit, messages, executors, tokens."
    ),
    "files": "Uploads, and everything that was made of them.",
}


class _Commands(CommandGroup):
    summaries = _COMMANDS
    module_prefix = "mediaproc.cli."


root = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"mediaproc {__version__}")
        raise typer.Exit


@root.callback(epilog=exit_codes_sentence())
def _mediaproc(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Turn every uploaded video into an mp4 that any browser plays.

    On one machine, with nothing set up:  [bold]mediaproc transcode FOLDER --out DIR[/bold]

    On several, around a PostgreSQL and a MinIO server:  [bold]mediaproc migrate[/bold], one
    [bold]mediaproc executor --shard INDEX/TOTAL[/bold] on each, and [bold]mediaproc enqueue PATH...[/bold]
    """
    del version


def main() -> None:
    """Run the command of this process's arguments, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code. A bug propagates, with its traceback."""
    leave_out_what_is_not_used()
    try:
        code = get_command(root).main(list(arguments), prog_name="mediaproc", standalone_mode=False)
    except typer.TyperException as error:
        _say(explain_usage_error(error))
        return ExitCode.WRONG_USE
    except typer.Abort:
        return INTERRUPTED
    except WrongUse as error:
        _say(str(error))
        return ExitCode.WRONG_USE
    except (PartMissing, Unavailable) as error:
        _say(str(error))
        return ExitCode.PART_MISSING
    except MediaprocError as error:
        _say(str(error))
        return ExitCode.REFUSED
    return int(code or ExitCode.DONE)


def _say(sentence: str) -> None:
    typer.echo(f"mediaproc: {shown(sentence)}", err=True)
