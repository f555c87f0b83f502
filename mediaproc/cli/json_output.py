"""What commands print for programs with `--json`: one JSON object a line."""

import typer

from mediaproc.json_form import json_text


def print_json(answer: object) -> None:
    """Print one object on one line of standard output."""
    typer.echo(json_text(answer))
