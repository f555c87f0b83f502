"""The options of `mediaproc enqueue` that make it a daemon, and what it does with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mediaproc.config import Settings
from mediaproc.core.errors import WrongUse
from mediaproc.parts import open_parts
from mediaproc.signals import Stop, on_signals
from mediaproc.watching.daemon import Watched, run_bucket_watch, run_folder_watch
from mediaproc.watching.taking import Asked, Tell

_PANEL = "Watching (a daemon that ends when it is told to)"
# Seconds for which a file must stay as it is.
QUIET = 5.0

Watch = Annotated[
    str | None,
    typer.Option(
        "--watch",
        metavar="DIR",
        help="Take each file that arrives in this folder, or below it, once it has stopped growing.",
        rich_help_panel=_PANEL,
    ),
]
WatchBucket = Annotated[
    str | None,
    typer.Option(
        "--watch-bucket",
        metavar="PREFIX",
        help="Take each object that others put into the site's bucket under this folder.",
        rich_help_panel=_PANEL,
    ),
]
MoveTo = Annotated[
    str | None,
    typer.Option(
        "--move-to",
        metavar="DIR",
        help="Where taken files go: a folder, of a bucket a prefix; else they stay.",
        rich_help_panel=_PANEL,
    ),
]
Remove = Annotated[bool, typer.Option("--remove", help="Remove what was taken.", rich_help_panel=_PANEL)]
Quiet = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=86_400.0,
        metavar="SECONDS",
        help="How long a file must not have changed.",
        rich_help_panel=_PANEL,
    ),
]
Every = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=86_400.0,
        metavar="SECONDS",
        help="From one look to the next: 2; of a bucket 5, or 60 while it tells what arrives.",
        rich_help_panel=_PANEL,
    ),
]


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """The values of these options."""

    folder: str | None
    prefix: str | None
    move_to: str | None
    removes: bool
    quiet: float
    every: float | None

    @property
    def is_given(self) -> bool:
        """Whether the command is to watch."""
        return self.folder is not None or self.prefix is not None

    def require_sense(self, paths: Sequence[str], *, force: bool) -> None:
        """Raises WrongUse where the options do not go together."""
        if not self.is_given:
            given = [name for name, value in (("--move-to", self.move_to), ("--remove", self.removes)) if value]
            if given:
                raise WrongUse(f"{given[0]} is for a watch: add --watch DIR, or --watch-bucket PREFIX.")
            if not paths:
                raise WrongUse("Name what to enqueue: a PATH, --watch DIR, or --watch-bucket PREFIX.")
            return
        if paths:
            raise WrongUse("A watch takes no PATH: leave out either the watch or every PATH.")
        if self.folder is not None and self.prefix is not None:
            raise WrongUse("One process watches one thing: leave out one of --watch and --watch-bucket.")
        if force:
            raise WrongUse("A watch takes each file once: leave out --force.")
        if self.move_to is not None and self.removes:
            raise WrongUse("What was taken can be moved or removed: leave out one of --move-to and --remove.")


def watch(options: WatchOptions, *, asked: Asked, tell: Tell, settings: Settings) -> None:
    """Watch until a signal comes."""
    stop = Stop()
    watched = Watched(every=options.every, quiet=options.quiet, move_to=options.move_to, removes=options.removes)
    with (
        on_signals(stop),
        open_parts(settings, application_name="mediaproc enqueue", connections=8) as parts,
    ):
        if options.folder is not None:
            run_folder_watch(parts, folder=Path(options.folder), asked=asked, watched=watched, tell=tell, stop=stop)
        elif options.prefix is not None:
            run_bucket_watch(parts, prefix=options.prefix, asked=asked, watched=watched, tell=tell, stop=stop)
