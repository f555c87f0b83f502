"""`mediaproc doctor`: prints the findings on each part that a node needs."""

from collections.abc import Iterator
from contextlib import suppress

import typer

from mediaproc import app as composition
from mediaproc import doctor as examination
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.options import Json, examples, with_settings
from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.config import Settings
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.safe_text import shown
from mediaproc.doctor import Finding, State
from mediaproc.parts import find_store, open_database
from mediaproc.processors import installed_processors

app = typer.Typer(add_completion=False)

_MARKS = {State.FINE: "ok     ", State.WARNING: "look   ", State.MISSING: "MISSING"}


@app.command(
    epilog=examples(
        "mediaproc doctor",
        "mediaproc doctor --json",
        before="Exit codes: 0 all that is needed is there; 3 something is missing.",
    )
)
@with_settings()
def doctor(*, json: Json = False, settings: Settings) -> ExitCode:
    """Is everything there that mediaproc needs, and what to do where it is not?"""
    complete = True
    for finding in _findings(settings):
        complete = complete and finding.state is not State.MISSING
        if json:
            print_json(finding)
        else:
            _say(finding)
    if not json:
        typer.echo("All that is needed is there." if complete else "Something that is needed is missing.")
    return ExitCode.DONE if complete else ExitCode.PART_MISSING


def _findings(settings: Settings) -> Iterator[Finding]:
    try:
        yield from examination.examine_ffmpeg(composition.make_runner(settings))
    except PartMissing as error:
        yield examination.missing("ffmpeg", error)
    yield from examination.examine_processors(installed_processors())
    may_be_new = False
    try:
        with open_database(settings) as database:
            yield from examination.examine_database(database)
            with suppress(PartMissing):
                may_be_new = examination.is_new(find_store(settings), database=database)
    except (PartMissing, Unavailable) as error:
        yield examination.missing("database", error)
    # The store is examined even if the database is away.
    try:
        yield from examination.examine_store(find_store(settings), may_be_new=may_be_new)
    except PartMissing as error:
        yield examination.missing("store", error)
    yield from examination.examine_machine(settings)
    yield from examination.examine_scripts()


def _say(finding: Finding) -> None:
    width = terminal_width()
    label = f"{_MARKS[finding.state]}  {finding.part:<17}"
    first, *rest = paragraph(shown(finding.fact), width=width and width - len(label) - 1).splitlines()
    typer.echo(f"{label} {first.strip()}")
    for line in rest:
        typer.echo(" " * (len(label) + 1) + line)
    if finding.remedy:
        typer.echo(paragraph(finding.remedy, width=width, indent=" " * 9 + "-> "))
