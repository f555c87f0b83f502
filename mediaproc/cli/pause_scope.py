"""The options by which `pause` and `resume` say what is meant."""

from typing import Annotated

import typer

from mediaproc.cli.options import DATABASE_SETTINGS

PAUSE_SETTINGS = (*DATABASE_SETTINGS, "profiles")

ProfileOption = Annotated[str | None, typer.Option("--profile", metavar="P", help="Only tasks for this profile.")]
ShardOption = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="Only tasks with id % N = I, whoever would claim them.")
]
ExecutorOption = Annotated[
    str | None, typer.Option("--executor", metavar="ID", help="Only this executor: its id, or how that begins.")
]
