"""Answers for programs, as JSON, one object a line; and what a person is warned of meanwhile."""

import dataclasses
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import typer

from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.core.safe_text import shown
from mediaproc.ffmpeg.runner import FfmpegRunner


def say_json(answer: object) -> None:
    """One object on one line of standard output: times as RFC 3339, stretches of time as seconds.

    ASCII only, so that no name in it means anything to a terminal.
    """
    typer.echo(json.dumps(answer, ensure_ascii=True, default=_plain))


def warn_of_less_than_a_sandbox(runner: FfmpegRunner) -> None:
    """One line on standard error where an upload could reach further than in bubblewrap."""
    confinement = runner.describe()
    if not confinement.isolated:
        warning = f"mediaproc: warning: {shown(confinement.sentence)}."
        typer.echo(paragraph(warning, width=terminal_width(err=True)), err=True)


def _plain(value: object) -> object:
    """What JSON has no form for, as something that it has."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return round(value.total_seconds(), 3)
        case Decimal():
            return float(value)
        case UUID() | Path():
            return str(value)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")
