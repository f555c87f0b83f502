"""`mediaproc compensate`: one compensation pass, for an outside cron."""

import typer

from mediaproc import app as composition
from mediaproc import log
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import examples, with_settings
from mediaproc.config import Settings
from mediaproc.core.quantities import counted
from mediaproc.formatting import duration

app = typer.Typer(add_completion=False)


@app.command(epilog=examples("* * * * * mediaproc compensate"))
@with_settings(("database_url", "database_url_file", "store_url", "store_url_file", "home", "lease", "log_level"))
def compensate(*, settings: Settings) -> ExitCode:
    """One pass: give every task whose lease ran out back, with a strike, and remove what losers uploaded.

    Executors do this by themselves; it is for a site that wants it done while none is alive.
    """
    with opened(settings) as parts:
        done = composition.make_compensation(parts, log=log.get()).run()
    removed = f"{counted(done.swept, 'object')} removed."
    if done.held_off:
        # "0 tasks lost" would be wrong: `status` may have named lost tasks, which is why a person ran this.
        typer.echo(f"No lease was judged, since {done.held_off}: run it again in {duration(settings.lease)}. {removed}")
    else:
        typer.echo(f"{counted(len(done.lost), 'task')} lost and given back, {removed}")
    return ExitCode.DONE
