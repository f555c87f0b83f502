"""`mediaproc migrate`: brings the tables to this version."""

import typer

from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.options import DATABASE_SETTINGS, examples, with_settings
from mediaproc.config import Settings
from mediaproc.db.migrate import migrate as apply_migrations
from mediaproc.parts import open_database

app = typer.Typer(add_completion=False)


@app.command(epilog=examples("mediaproc migrate --database-url postgresql://mediaproc:SECRET@db.internal/mediaproc"))
@with_settings(DATABASE_SETTINGS)
def migrate(*, settings: Settings) -> ExitCode:
    """Bring the database's tables and views to the version of this mediaproc.

    Safe to run again and from several places at once: they wait for each other. Nodes of earlier versions go on
    working with the newer tables; those of a newer version say at their start that this command is needed.
    """
    with open_database(settings, has_statement_timeout=False) as database:
        before, after = apply_migrations(database)
    if before == after:
        typer.echo(f"The tables were at revision {after} already.")
    else:
        typer.echo(f"The tables are at revision {after} now (before: {before or 'none'}).")
    return ExitCode.DONE
