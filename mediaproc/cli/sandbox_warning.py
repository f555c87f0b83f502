"""The warning of commands that run ffmpeg where less than bubblewrap confines it."""

import typer

from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.core.safe_text import shown
from mediaproc.ffmpeg.runner import FfmpegRunner


def warn_of_weak_sandbox(runner: FfmpegRunner) -> None:
    """Print one line on standard error if ffmpeg is confined by less than bubblewrap."""
    confinement = runner.describe()
    if not confinement.isolated:
        warning = f"mediaproc: warning: {shown(confinement.sentence)}."
        typer.echo(paragraph(warning, width=terminal_width(err=True)), err=True)
