"""`mediaproc pause`: executors claim nothing of what is paused; what runs goes on."""

from typing import Annotated

import typer

from mediaproc.acts import pauses as acts
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import Json, examples, with_settings
from mediaproc.cli.pause_scope import PAUSE_SETTINGS, ExecutorOption, ProfileOption, ShardOption
from mediaproc.config import Settings
from mediaproc.core.safe_text import shown
from mediaproc.formatting import moment
from mediaproc.pause_scope import scope_of

app = typer.Typer(add_completion=False)


@app.command(
    epilog=examples(
        "mediaproc pause --until 2h --because 'the store is moved'",
        "mediaproc pause --profile gif",
        "mediaproc pause --executor 3f2a --until 2030-01-31T18:00Z",
        "mediaproc resume --profile gif",
    )
)
@with_settings(PAUSE_SETTINGS)
def pause(
    *,
    profile: ProfileOption = None,
    shard: ShardOption = None,
    executor: ExecutorOption = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="When it ends by itself: 90s, 15m, 2h, 7d, or a time (UTC).")
    ] = None,
    because: Annotated[str | None, typer.Option(metavar="S", help="Why, for those who see it in status.")] = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Let executors claim nothing: of everything, or of one profile, shard or executor.

    What runs goes on to its end. No claim that begins after this command has ended takes anything that is paused. The
    same again changes its end and its reason. `executor --until-idle` ends when nothing but what is paused is left;
    `transcode` waits for what is paused, and says so.
    """
    ends = None if until is None else acts.parse_until(until)
    with opened(settings) as parts:
        scope = scope_of(parts, profile=profile, shard=shard, executor=executor)
        paused = acts.pause(parts.database, scope=scope, until=ends, because=because, actor=actor())
    if json:
        print_json(paused)
    else:
        end = "until it is resumed" if paused.until is None else f"until {moment(paused.until)}"
        again = "; an earlier pause of it is replaced" if paused.replaced else ""
        typer.echo(f"Paused: {shown(paused.scope)}, {end}{again}. What runs goes on.")
    return ExitCode.DONE
