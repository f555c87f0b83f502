"""`mediaproc prune`: one pass of the retention, for an outside cron and for a person who wants it now."""

from dataclasses import asdict

import typer

from mediaproc import app as composition
from mediaproc import log
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.config import Settings
from mediaproc.core.quantities import counted
from mediaproc.retention.pruning import Pruned

app = typer.Typer(add_completion=False)


@app.command(epilog=examples("mediaproc prune", "mediaproc prune --keep-logs 604800 --json"))
@with_settings(
    (
        *(*DATABASE_SETTINGS, "store_url", "store_url_file"),
        *("keep_logs", "keep_attempts", "keep_audit", "keep_deliveries", "keep_history"),
    )
)
def prune(*, json: Json = False, settings: Settings) -> ExitCode:
    """Remove what is older than the settings keep it: ends of logs, attempts, audit, messages, executors, tokens.

    With --keep-history also tasks that are done, with their renditions and with sources that nothing else names. It may
    run beside executors, beside another one of its kind, and from an outside cron.
    """
    with opened(settings) as parts:
        pruned = composition.make_pruning(parts, log=log.get()).run(actor=actor())
    if json:
        print_json(asdict(pruned))
    else:
        typer.echo(_sentence(pruned))
    return ExitCode.DONE


def _sentence(pruned: Pruned) -> str:
    parts = (
        counted(pruned.log_tails, "log tail"),
        counted(pruned.attempts, "attempt"),
        f"{counted(pruned.audit, 'line')} of audit",
        counted(pruned.deliveries, "message"),
        counted(pruned.executors, "executor"),
        counted(pruned.credentials, "credential"),
        f"{counted(pruned.history, 'task')} of history",
    )
    return f"Removed: {', '.join(parts)}."
