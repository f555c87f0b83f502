"""`mediaproc grants` prints or applies SQL; then the user of a role can run its commands, and no others."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from mediaproc.db.grants import DEFAULT_NAMES
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.parts.postgres import as_role

# A password of characters that a URL must escape.
PASSWORD = "with%2Fa%20strange%40password"


def _url(database_url: str, role: str) -> str:
    return as_role(database_url, DEFAULT_NAMES[role])


def test_what_it_prints_is_run_as_it_is(command: Command, database_url: str) -> None:
    names = {role: f"of_the_script_{role}" for role in DEFAULT_NAMES}
    ran = command("grants", *(word for role, name in names.items() for word in ("--role", f"{role}={name}")))
    assert (ran.code, ran.err) == (0, "")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ran.out.encode())
        owned = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [[*names.values()]])
        assert owned.fetchone() == (len(names),)
        connection.execute(f"SET ROLE {names['enqueuer']}".encode())
        assert connection.execute("SELECT count(*) FROM media_process").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM media_process")


def test_roles_that_log_in_by_their_urls_do_their_part_and_no_other(
    command: Command, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    monkeypatch.setenv("MEDIAPROC_STORE_URL", store.as_uri())
    files = {}
    server = database_url.rpartition("@")[2]
    for role in DEFAULT_NAMES:
        files[role] = tmp_path / role
        files[role].write_text(f"postgresql://login_{role}:{PASSWORD}@{server}\n", encoding="utf-8")
    logins = [word for role, file in files.items() for word in ("--login", f"{role}={file}")]
    ran = command("grants", "--apply", *logins, "--database-url", database_url)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"The {role} is login_{role}." for role in DEFAULT_NAMES]

    def by(role: str, *arguments: object) -> tuple[int, str]:
        ran = command(*arguments, "--database-url-file", files[role])
        return ran.code, ran.err if ran.code == 3 else ""

    film = make_clip(tmp_path / "film.avi")
    for role in ("executor", "operator"):
        code, told = by(role, "enqueue", film)
        assert code == 3
        assert "permission denied for table media_files" in told
    assert by("enqueuer", "enqueue", film)[0] == 0
    for arguments in (("executor", "--until-idle"), ("tasks", "cancel", "1"), ("status",)):
        code, told = by("enqueuer", *arguments)
        assert code == 3, arguments
        assert "permission denied for " in told.splitlines()[-1]
    assert by("operator", "tasks", "list")[0] == 0
    assert by("executor", "executor", "--until-idle", "--slots", "1") == (0, "")
    assert by("operator", "status", "--json")[0] in {0, 1}
    assert by("executor", "status", "--here")[0] == 1
    assert by("operator", "tasks", "show", "1")[0] == 0
    assert by("server", "enqueue", make_clip(tmp_path / "another.avi", seed=1))[0] == 0
    assert by("server", "tasks", "cancel", "2")[0] == 0
    assert by("server", "executor", "--until-idle")[0] == 3


def test_the_password_is_not_in_the_servers_log(command: Command, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgresql://logged:hunter2@{database_url.rpartition('@')[2]}", encoding="utf-8")
    with psycopg.connect(database_url, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(f"ALTER DATABASE {name} SET log_statement = 'all'".encode())
        ran = command("grants", "--apply", "--login", f"executor={file}", "--database-url", database_url)
        assert ran.code == 0
        row = owner.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'logged'").fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$")


def test_without_a_right_a_command_ends_with_one_sentence_that_names_the_table(
    site: Command, engine: Engine, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi")
    with engine.begin() as connection:
        connection.execute(text(f"REVOKE INSERT ON media_process FROM {DEFAULT_NAMES['enqueuer']}"))
        for column in ("file_id", "profile", "filename", "bucket", "object_key", "priority"):
            connection.execute(text(f"REVOKE INSERT ({column}) ON media_process FROM {DEFAULT_NAMES['enqueuer']}"))
    ran = site("enqueue", film)
    assert ran.code == 3
    assert ran.err.splitlines()[-1].startswith(
        "mediaproc: The database refuses (permission denied for table media_process): this user may not do that:"
        " `mediaproc grants` prints what"
    )
    assert "Traceback" not in ran.err
    ran = site("grants", "--apply")
    assert ran.code == 0, ran.err
    assert site("enqueue", film).code == 0


def test_only_the_owner_of_the_tables_gives_rights(site: Command, database_url: str) -> None:
    ran = site("grants", "--apply", "--role", "operator=ann", "--database-url", _url(database_url, "operator"))
    assert ran.code == 3
    assert "the tables are of 'mediaproc', who alone gives rights in them" in ran.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--role", "boss=ann"),
            "--role cannot be 'boss=ann': it must be executor, enqueuer, operator, server or fetcher",
        ),
        (("--role", "executor="), "--role cannot be 'executor='"),
        (("--role", "executor=pg_read_all_data"), "The executor cannot be called 'pg_read_all_data'"),
        (("--role", "executor=ann", "--role", "operator=ann"), "Two roles cannot have one name"),
        (("--apply", "--login", "executor=/nowhere"), "--login executor cannot be '/nowhere': it must be a file that"),
        (("--login", "executor=/nowhere"), "--login needs --apply: no password is printed."),
    ],
)
def test_what_names_no_role_is_refused(command: Command, arguments: tuple[str, ...], says: str) -> None:
    ran = command("grants", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
