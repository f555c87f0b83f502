"""`mediaproc resume`: executors claim again what was paused."""

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
from mediaproc.pause_scope import scope_of

app = typer.Typer(add_completion=False)


@app.command(epilog=examples("mediaproc resume", "mediaproc resume --profile gif", "mediaproc resume --shard 0/4"))
@with_settings(PAUSE_SETTINGS)
def resume(
    *,
    profile: ProfileOption = None,
    shard: ShardOption = None,
    executor: ExecutorOption = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Lift one pause, the one that was made with the same options; executors claim again at once.

    Without options that is the pause of everything; a profile that was paused by itself stays so.
    """
    with opened(settings) as parts:
        scope = scope_of(parts, profile=profile, shard=shard, executor=executor, resumes=True)
        acts.resume(parts.database, scope=scope, actor=actor())
    if json:
        print_json({"scope": str(scope)})
    else:
        typer.echo(f"Resumed: {shown(str(scope))}.")
    return ExitCode.DONE
