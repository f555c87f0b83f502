"""The entry point: finds the command, and turns an error into a sentence and an exit code."""

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from mediaproc import __version__
from mediaproc.cli.exit_codes import INTERRUPTED, ExitCode, exit_codes_sentence
from mediaproc.cli.usage_errors import explain_usage_error
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable, WrongUse
from mediaproc.core.safe_text import shown

_COMMANDS = (
    "transcode",
    "enqueue",
    "executor",
    "status",
    "tasks",
    "pause",
    "resume",
    "schedules",
    "webhooks",
    "token",
    "doctor",
    "migrate",
    "grants",
    "compensate",
    "prune",
    "files",
)


class _Commands(TyperGroup):
    """Imports a command's module when that command runs, so that the daemon does not hold the others in memory."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's context, of which it has two
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = get_command(import_module(f"mediaproc.cli.{cmd_name}").app)
        command.name = cmd_name
        return command


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
    _import_structlog_without_rich()
    _leave_out_minio_admin()
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


def _import_structlog_without_rich() -> None:
    """Structlog imports rich wherever it finds it, for a style of tracebacks that we do not use.

    The daemon would carry it for as long as it lives (8 MB).
    """
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    # None makes an import fail as if nothing were installed; help and progress bars find rich again afterwards.
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]


def _leave_out_minio_admin() -> None:
    """Minio-py imports its client for administrators, which we do not use, and with it a whole library of ciphers.

    The daemon would carry both for as long as it lives (3 MB).
    """
    if "minio" in sys.modules:
        return
    unused = ModuleType("minio.minioadmin")
    unused.__dict__["MinioAdmin"] = None
    sys.modules[unused.__name__] = unused


def _say(sentence: str) -> None:
    typer.echo(f"mediaproc: {shown(sentence)}", err=True)
