"""`mediaproc executor`: the daemon of one node."""

import sys
from typing import Annotated

import typer

from mediaproc import daemon, log
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.options import examples, with_settings
from mediaproc.config import Settings
from mediaproc.parts import open_parts
from mediaproc.signals import Stop, on_signals

app = typer.Typer(add_completion=False)

# Connections beside those of the slots: heartbeat, tick, compensation, and one to spare.
_SPARE_CONNECTIONS = 4
# What the site is asked for the metrics, and whether it answers.
_OF_METRICS = 2


@app.command(
    epilog=examples(
        "mediaproc executor --shard 0/3 --slots 8",
        "mediaproc executor --shard auto",
        "mediaproc executor --until-idle",
        "mediaproc executor --metrics 127.0.0.1:9464",
        "mediaproc executor --cron '*/10 * * * * *' --config /etc/mediaproc.toml",
    )
)
@with_settings()
def executor(
    *,
    until_idle: Annotated[
        bool,
        typer.Option(
            "--until-idle",
            help="End when nothing of the shard (auto: nothing at all) is pending, processing or in backoff.",
        ),
    ] = False,
    settings: Settings,
) -> ExitCode:
    """Transcode what is due, until told to stop.

    Waits for a database or store that does not answer; ends with 3 where waiting cannot help (password, schema, no
    ffmpeg). The first SIGTERM or Ctrl-C drains: running tasks get the drain grace to finish, and what is left is
    released. A second one releases at once.
    """
    connections = settings.slots + _SPARE_CONNECTIONS + (_OF_METRICS if settings.metrics else 0)
    stop = Stop()
    with (
        on_signals(stop),
        open_parts(settings, application_name="mediaproc executor", connections=connections) as parts,
    ):
        daemon.run_executor(parts, stop=stop, until_idle=until_idle, on_drain=_say)
    return ExitCode.DONE


def _say(sentence: str) -> None:
    # For a person at a terminal; the log's own events tell programs. It goes through the log's queue, since a terminal
    # that was stopped (Ctrl-S) must not delay the drain.
    if sys.stderr is not None and sys.stderr.isatty():
        log.get().warning(sentence)
