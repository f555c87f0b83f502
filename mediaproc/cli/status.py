"""`mediaproc status`: the health of the site, its queue, its work and its executors on one screen."""

import socket
from typing import Annotated

import typer

from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.live_screen import LiveScreen
from mediaproc.cli.opened_parts import opened_database
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.status_screen import status_screen
from mediaproc.cli.tables import terminal_width
from mediaproc.config import Settings
from mediaproc.core.errors import WrongUse
from mediaproc.core.health import Health
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.db.database import Connection, Database
from mediaproc.db.views import ops
from mediaproc.db.views.site_status import SiteStatus, read_status

app = typer.Typer(add_completion=False)


@app.command(
    epilog=examples(
        "mediaproc status",
        "mediaproc status --json",
        "mediaproc status --here",
        "mediaproc status --watch",
        before="Exit codes: 0 healthy, and of --watch; 1 attention or stuck, the reasons are said; 3 no answer.",
    )
)
@with_settings(DATABASE_SETTINGS)
def status(
    *,
    here: Annotated[bool, typer.Option("--here", help="Only whether an executor lives on this host.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and read it anew until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds between two looks of --watch.")] = 2.0,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Is it healthy, how long is the queue, and who is working on what?"""
    if here and watch:
        raise WrongUse("--here answers once, for a monitor: leave it or --watch out.")
    with opened_database(settings) as database:
        if watch:
            return _watch(database, json=json, interval=interval)
        with database.read() as connection:
            if here:
                return _print_executors_here(connection, json=json)
            site = read_status(connection)
    if json:
        print_json(site)
    else:
        typer.echo("\n".join(status_screen(site, width=terminal_width())))
    return ExitCode.DONE if site.diagnosis.health is Health.HEALTHY else ExitCode.REFUSED


def _watch(database: Database, *, json: bool, interval: float) -> ExitCode:
    """The same screen, or object, again and again; a person ends it, so that the site's health is no exit code."""

    def read() -> SiteStatus:
        with database.read() as connection:
            return read_status(connection)

    LiveScreen(read, lines=lambda site, width: status_screen(site, width=width), json=json).run(interval=interval)
    return ExitCode.DONE


def _print_executors_here(connection: Connection, *, json: bool) -> ExitCode:
    """The answer for a healthcheck of one node or container, which other nodes' troubles must not fail."""
    host = socket.gethostname()
    living = ops.living_on(connection, host=host)
    if json:
        for line in living:
            print_json(line)
    else:
        typer.echo(f"On {shown(host)} {counted(len(living), 'executor')} can be seen to live.")
    return ExitCode.DONE if living else ExitCode.REFUSED
