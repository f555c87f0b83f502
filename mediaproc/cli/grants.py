"""`mediaproc grants`: prints or applies the SQL that gives database roles their least rights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.opened_parts import opened_database
from mediaproc.cli.options import DATABASE_SETTINGS, examples, with_settings
from mediaproc.config import Settings, url_in_file
from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.db.grants import DEFAULT_NAMES, apply_grants, let_log_in, statements
from mediaproc.db.rights import ROLES
from mediaproc.db.url import user_and_password

app = typer.Typer(add_completion=False)

# The most bytes of a name in PostgreSQL, and the prefix of the names that it keeps for itself.
_LONGEST_NAME, _RESERVED = 63, "pg_"
_ONE_OF = f"{', '.join(ROLES[:-1])} or {ROLES[-1]}"


@app.command(
    epilog=examples(
        "mediaproc grants",
        "mediaproc grants --apply --role executor=transcoding --role enqueuer=website",
        "mediaproc grants --apply --login executor=/etc/mediaproc/database-url",
    )
)
@with_settings(DATABASE_SETTINGS)
def grants(
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Run the SQL, as the owner of the tables.")] = False,
    role: Annotated[
        list[str], typer.Option("--role", metavar="ROLE=NAME", help=f"How the {_ONE_OF} is called in the database.")
    ] = [],  # noqa: B006 - typer copies it
    login: Annotated[
        list[str],
        typer.Option(
            "--login",
            metavar="ROLE=FILE",
            help="A file with the database's URL for that role: its user is made, and may log in with its password.",
        ),
    ] = [],  # noqa: B006
    settings: Settings,
) -> ExitCode:
    """Print, as SQL, what executor, enqueuer, operator, server and fetcher may do in the database, and no more.

    Run it again after `mediaproc migrate`: newer tables may need more, and what is not needed any more is taken away.
    """
    files = {each: Path(file) for each, file in _pairs(login, option="--login").items()}
    if files and not apply:
        raise WrongUse("--login needs --apply: no password is printed.")
    logins = {each: user_and_password(url_in_file(f"--login {each}", path=path)) for each, path in files.items()}
    names = DEFAULT_NAMES | _pairs(role, option="--role") | {each: name for each, (name, _) in logins.items()}
    _refuse_what_no_role_is(names)
    if not apply:
        typer.echo(_script(names))
        return ExitCode.DONE
    with opened_database(settings) as database, database.write() as connection:
        apply_grants(connection, names=names)
        for name, password in logins.values():
            let_log_in(connection, name=name, password=password)
    typer.echo("\n".join(f"The {each} is {name}." for each, name in names.items()))
    return ExitCode.DONE


def _script(names: dict[str, str]) -> str:
    lines = [f"{statement};" for statement in statements(names)]
    return "\n".join(["BEGIN;", *lines, "COMMIT;"])


def _pairs(given: Sequence[str], *, option: str) -> dict[str, str]:
    """The values of a repeated option ROLE=VALUE, by role."""
    pairs: dict[str, str] = {}
    for each in given:
        role, equals, value = each.partition("=")
        if role not in ROLES or not equals or not value:
            raise WrongUse(
                f"{option} cannot be {quoted(each)}: it must be {_ONE_OF}, an equals sign, and what is meant for it."
            )
        pairs[role] = value
    return pairs


def _refuse_what_no_role_is(names: dict[str, str]) -> None:
    for role, name in names.items():
        is_kept = name.startswith(_RESERVED) or name in {"public", "none"}
        # A dollar sign could end the dollar quotes around a block of the script.
        if is_kept or "$" in name or len(name.encode()) > _LONGEST_NAME:
            raise WrongUse(
                f"The {role} cannot be called {quoted(name)}: it must be a name of up to {_LONGEST_NAME} bytes without"
                f" a $ that PostgreSQL does not keep for itself, as it does {_RESERVED}... and public."
            )
    if len(set(names.values())) < len(names):
        raise WrongUse("Two roles cannot have one name: each takes from it what the other needs.")
