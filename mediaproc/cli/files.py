"""`mediaproc files`: delete uploads, and everything that was made of them."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from mediaproc.acts.files import DeletedFile, delete_file
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.config import Settings
from mediaproc.core.errors import Unavailable, WrongUse
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import quoted, shown
from mediaproc.core.tenant import tenant_named
from mediaproc.db import file_deletion
from mediaproc.formatting import size
from mediaproc.parts import Parts

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Uploads, and everything that was made of them.")

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Files of a tenant that are looked up at a time.
_BATCH = 1000


@app.callback()
def _files() -> None:
    """Without it, typer takes the only command for the group itself."""


@app.command(
    epilog=examples(
        "mediaproc files delete 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "mediaproc files delete --tenant ann --yes",
        before="`enqueue --json` and `tasks show --json` name the SHA-256 of a file.",
    )
)
@with_settings((*DATABASE_SETTINGS, "store_url", "store_url_file"))
def delete(
    *,
    files: Annotated[
        list[str],
        typer.Argument(metavar="[SHA...]", help="Files, each by the SHA-256 of its bytes.", show_default=False),
    ] = [],  # noqa: B006 - typer copies it
    tenant: Annotated[
        str | None, typer.Option(help="All uploads of this tenant; one that another has too stays.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Delete uploads for good, with their renditions: tasks that are not done are cancelled, history keeps the times.

    What was interrupted is finished by the same command again, and in time by the executors.
    """
    _require_one_way(files, tenant=tenant)
    tenant = None if tenant is None else tenant_named(tenant)
    wanted = list(dict.fromkeys(files))
    if tenant is not None and not yes and not sys.stdin.isatty():
        raise WrongUse("--tenant needs --yes where nobody can be asked.")
    with opened(settings) as parts:
        if not yes and sys.stdin.isatty() and not _agreed(parts, wanted, tenant=tenant):
            return ExitCode.REFUSED
        if not json:
            _tell_what_a_bucket_keeps(parts)
        answers = []
        for file_id in wanted if tenant is None else _files_of(parts, tenant):
            answers.append(delete_file(parts.database, parts.store, file_id=file_id, tenant=tenant, actor=actor()))
            _say(answers[-1], json=json)
    if tenant is not None and not answers:
        typer.echo(f"The tenant {quoted(tenant)} has no upload.", err=True)
        return ExitCode.REFUSED
    if not json and len(answers) > 1:
        typer.echo(f"{counted(sum(map(_is_done, answers)), 'file')} of {len(answers)} deleted.")
    return ExitCode.DONE if all(map(_is_done, answers)) else ExitCode.REFUSED


def _require_one_way(files: Sequence[str], *, tenant: str | None) -> None:
    if bool(files) == (tenant is not None):
        raise WrongUse("Name the files to delete, each by its SHA-256, or a tenant with --tenant: one of the two.")
    for each in files:
        if not _SHA256.fullmatch(each):
            raise WrongUse(f"{quoted(each)} is no file: it must be a SHA-256 in 64 lower-case hex digits.")


def _files_of(parts: Parts, tenant: str) -> Iterator[str]:
    after = ""
    while True:
        with parts.database.read() as connection:
            found = file_deletion.files_of_tenant(connection, tenant=tenant, limit=_BATCH, after=after)
        yield from found
        if len(found) < _BATCH:
            return
        after = found[-1]


def _agreed(parts: Parts, files: list[str], *, tenant: str | None) -> bool:
    """Says what would go, and asks."""
    named = files if tenant is None else list(_files_of(parts, tenant))
    with parts.database.read() as connection:
        extent = file_deletion.extent(connection, file_ids=named, tenant=tenant)
    typer.echo(
        f"{counted(extent.files, 'upload')} ({size(extent.size)}) and {counted(extent.renditions, 'rendition')} go for"
        f" good, and {counted(extent.tasks, 'task')} not done yet will be cancelled."
    )
    if extent.shared:
        typer.echo(f"{counted(extent.shared, 'upload')} more others have too: only this tenant has them no more.")
    return typer.confirm("Delete?")


def _tell_what_a_bucket_keeps(parts: Parts) -> None:
    """A delete in a versioned bucket hides an object and keeps its bytes: who deletes must know."""
    try:
        kept = parts.store.retention()
    except Unavailable:
        return
    if kept is not None and kept.is_versioned:
        until = "its rule for earlier versions removes them" if kept.has_versions_expire else "somebody removes them"
        typer.echo(
            f"mediaproc: warning: The bucket {shown(parts.store.bucket)} keeps earlier versions: the bytes of what is"
            f" deleted stay in it until {until}.",
            err=True,
        )


def _is_done(answer: DeletedFile) -> bool:
    return answer.refused is None and not answer.left


def _say(answer: DeletedFile, *, json: bool) -> None:
    if json:
        print_json(asdict(answer))
    elif answer.refused is not None:
        typer.echo(answer.refused, err=True)
    elif answer.is_kept_for_others:
        typer.echo(f"{answer.file}: the tenant has it no more; others have it too.")
    else:
        typer.echo(
            f"{answer.file}: deleted, with {counted(answer.renditions, 'rendition')};"
            f" {counted(answer.cancelled, 'task')} cancelled."
        )
    for sentence in () if json else answer.left:
        typer.echo(shown(sentence), err=True)
