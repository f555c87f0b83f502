"""`mediaproc token`: the credentials by which programs and persons use the page and the HTTP API."""

from collections.abc import Sequence
from typing import Annotated

import typer

from mediaproc.acts import tokens as acts
from mediaproc.acts.logins import make_login_link
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened_database
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.config import Settings
from mediaproc.core.access import Scope, parse_scopes
from mediaproc.core.quantities import counted
from mediaproc.db.access import tokens
from mediaproc.db.access.tokens import TokenLine
from mediaproc.formatting import moment
from mediaproc.serve.own_names import login_url

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Let programs and persons use the page and the HTTP API."
)


@app.command(
    epilog=examples(
        "mediaproc token create --scope read,enqueue --name website",
        "mediaproc token create --scope read --tenant ann --expires 86400",
        before=f"Scopes: {Scope.READ} sees; {Scope.OPERATE} also acts on tasks; {Scope.ADMIN} may do everything;"
        f" {Scope.ENQUEUE} hands in uploads, and sees nothing by itself.",
    )
)
@with_settings(DATABASE_SETTINGS)
def create(
    *,
    scope: Annotated[str, typer.Option(metavar="SCOPE,...", help=f"What it may do: {', '.join(Scope)}.")],
    tenant: Annotated[str | None, typer.Option(metavar="T", help="Only with this tenant's tasks.")] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What it is for, for people.", show_default=False)] = "",
    expires: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="It is valid for so long; without it, until it is revoked.")
    ] = None,
    settings: Settings,
) -> ExitCode:
    """A new token, printed alone and only this once."""
    scopes = parse_scopes(scope)
    with opened_database(settings) as database:
        created = acts.create(database, scopes=scopes, tenant=tenant, name=name, life=expires, actor=actor())
    typer.echo(created.token)
    return ExitCode.DONE


@app.command("list", epilog=examples("mediaproc token list", "mediaproc token list --json"))
@with_settings(DATABASE_SETTINGS)
def list_(*, json: Json = False, settings: Settings) -> ExitCode:
    """The tokens, the latest first, those that were revoked or have expired too; never their secrets."""
    with opened_database(settings) as database, database.read() as connection:
        found = tokens.tokens(connection)
    if json:
        for line in found:
            print_json(line)
    else:
        typer.echo(_table(found) if found else "No token: `mediaproc token create --scope read` creates one.")
    return ExitCode.DONE


def _table(lines: Sequence[TokenLine]) -> str:
    columns = (
        Column(title="token"),
        Column(title="name", names=True),
        Column(title="scopes"),
        Column(title="tenant", names=True),
        Column(title="created by", names=True),
        Column(title="last used"),
        Column(title="valid", prose=True),
    )
    rows = [
        (
            line.id,
            line.name,
            ",".join(line.scopes),
            line.tenant,
            line.created_by,
            moment(line.last_used_at) or "never",
            _validity(line),
        )
        for line in lines
    ]
    return table(columns, rows, width=terminal_width())


def _validity(line: TokenLine) -> str:
    if line.revoked_at is not None:
        return f"no: revoked {moment(line.revoked_at)}"
    if line.expires_at is None:
        return "until it is revoked"
    return f"until {moment(line.expires_at)}" if line.is_valid else f"no: expired {moment(line.expires_at)}"


@app.command(epilog=examples("mediaproc token revoke 3f9ac1b2d4e5"))
@with_settings(DATABASE_SETTINGS)
def revoke(
    *,
    ids: Annotated[
        list[str],
        typer.Argument(metavar="ID...", help="As `token list` shows it: the part of a token between the underscores."),
    ],
    settings: Settings,
) -> ExitCode:
    """They are valid no more, and the logins that began with them are over; where one is not there, none of them."""
    with opened_database(settings) as database:
        revoked = acts.revoke(database, ids=ids, actor=actor())
    typer.echo(f"{counted(revoked, 'token')} revoked." if revoked else "Revoked before: nothing is changed.")
    return ExitCode.DONE


@app.command(epilog=examples("mediaproc token link", "mediaproc token link --listen 127.0.0.1:9000 --prefix /media"))
@with_settings((*DATABASE_SETTINGS, "listen", "prefix"))
def link(*, settings: Settings) -> ExitCode:
    """A link that lets a browser in once, within ten minutes, with all rights; `mediaproc serve` prints one too.

    It leads to where `--listen` and `--prefix` say: give it those of the server.
    """
    with opened_database(settings) as database:
        secret = make_login_link(database)
    typer.echo(login_url(settings.listen, prefix=settings.prefix or "", secret=secret))
    return ExitCode.DONE
