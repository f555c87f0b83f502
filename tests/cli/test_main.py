"""Each error becomes one sentence without a password, and the right exit code."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text
from structlog.typing import FilteringBoundLogger
from typer.main import get_command

from mediaproc.cli.main import _COMMANDS, root
from mediaproc.core.errors import Unavailable
from mediaproc.core.shard import Shard
from mediaproc.core.tick_offset import tick_offset
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.migrate import _MIGRATION_LOCK, migrate
from mediaproc.scheduler import Scheduler
from tests.cli.conftest import Command
from tests.parts.postgres import PostgresServer
from tests.parts.settings import is_setting
from tests.parts.waiting import until


@pytest.fixture
def _configured_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", "of a site")
    monkeypatch.setenv("mediaproc_shard", "of a site")


@pytest.mark.usefixtures("_configured_site", "command")
def test_the_commands_of_these_tests_know_nothing_of_a_configured_site() -> None:
    assert list(filter(is_setting, os.environ)) == ["MEDIAPROC_HOME"]


def test_help_names_every_command(command: Command) -> None:
    ran = command("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in _COMMANDS)


def _commands_and_groups() -> Iterator[tuple[str, bool]]:
    """Each command, also those of a group; and whether it is a group."""
    whole: Any = get_command(root)
    for name in _COMMANDS:
        inner = getattr(whole.get_command(None, name), "commands", {})
        yield name, bool(inner)
        yield from ((f"{name} {each}", False) for each in inner)


@pytest.mark.parametrize(("name", "is_group"), list(_commands_and_groups()))
def test_every_command_explains_itself_with_an_example(command: Command, name: str, is_group: bool) -> None:  # noqa: FBT001
    ran = command(*name.split(), "--help")
    assert ran.code == 0
    assert "mediaproc" in ran.out
    if not is_group:
        assert "Example" in ran.out
        assert "MEDIAPROC_CONFIG" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("fly",), "fly"),
        (("status", "--fly"), "--fly"),
        (("executor", "--shard", "2/2"), "shard 2/2 does not exist"),
        (("executor", "--cron", "* * * *"), "MEDIAPROC_CRON"),
        (("executor", "--cron", "0 0 0 31 2 *"), "names no day of any year"),
        (("executor", "--slots", "none"), "MEDIAPROC_SLOTS cannot be 'none': it must be a whole number."),
        (("executor", "--lease", "10"), "three heartbeats"),
        (("executor", "--config", "/nowhere.toml"), "/nowhere.toml is not there"),
        (("tasks", "show", "seven"), "ID"),
        (("status", "--database-url", "mysql://user:hush@host/x"), "only PostgreSQL will do"),
        (("status", "--database-url", "postgresql://me:se@hush@127.0.0.1:1/x"), "%40"),
        (("status", "--database-url", "postgresql://me:hush@127.0.0.1:99999/x"), "port"),
        (("status", "--database-url", "postgresql://me:x@127.0.0.1:1/x?nonsense=hush"), "after ?"),
        (("status", "--database-url", "postgresql://me:x@127.0.0.1:1/x?autocommit=hush"), "after ?"),
        (("status", "--database-url", "postgresql://me:x@127.0.0.1:1/x?sslmode=hush"), "sslmode"),
        (("status", "--database-url", "postgresql://me:x@127.0.0.1:1/x?host=a,b&port=1,2,3"), "ports"),
        (("status", "--database-url", "postgresql://me:hush@a..b/x"), "a host that cannot be one"),
        (("status", "--database-url", f"postgresql://me:hush@{'x' * 64}/x"), "a host that cannot be one"),
        (("enqueue", "x", "--store-url", "file:///tmp/%00x"), "NUL"),
        (("enqueue",), "Name what to enqueue: a PATH, --watch DIR, or --watch-bucket PREFIX."),
        (("enqueue", "x", "--move-to", "/"), "--move-to is for a watch"),
        (("enqueue", "x", "--remove"), "--remove is for a watch"),
        (("enqueue", "x", "--watch", "/"), "leave out either the watch or every PATH"),
        (("enqueue", "--watch", "/", "--watch-bucket", "in"), "leave out one of --watch and --watch-bucket"),
        (("enqueue", "--watch-bucket", "in", "--move-to", "in/taken"), "outside of the watched one"),
        (("enqueue", "--watch-bucket", "renditions/x"), "objects of mediaproc's own"),
        (("enqueue", "--watch-bucket", ""), "is no folder of a bucket"),
        (("enqueue", "--watch", "/", "--force"), "leave out --force"),
        (("enqueue", "--watch", "/", "--move-to", "x", "--remove"), "leave out one of --move-to and --remove"),
        (("enqueue", "x", "--store-url", "minio://a:hush@h"), "MEDIAPROC_STORE_URL"),
        (("enqueue", "x", "--store-url", "minio://a:hush@h/192.168.1.1"), "bucket"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(command: Command, arguments: tuple[str, ...], says: str) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert says in line
    assert "hush" not in line


def test_a_wrong_password_is_named_and_not_shown(command: Command, postgres_server: PostgresServer) -> None:
    ran = command("status", "--database-url", postgres_server.url(password="hush-hush"))
    assert ran.code == 3
    assert "password is wrong" in ran.err
    assert "hush" not in ran.err


def test_a_database_that_is_not_there_is_code_3(command: Command, postgres_server: PostgresServer) -> None:
    ran = command("status", "--database-url", postgres_server.url("nowhere"))
    assert ran.code == 3
    assert "no such database" in ran.err


def test_a_server_that_does_not_answer_is_code_3(command: Command) -> None:
    ran = command("tasks", "list", "--database-url", "postgresql://me:hush@127.0.0.1:1/x")
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 1
    assert "hush" not in ran.err


def test_a_host_that_is_not_known_is_not_repeated(command: Command) -> None:
    ran = command("status", "--database-url", "postgresql://me:x@hush.invalid/x")
    assert ran.code == 3
    assert "not known to the network" in ran.err
    assert "hush" not in ran.err


def test_an_executor_does_not_wait_for_what_only_a_person_can_mend(command: Command) -> None:
    ran = command("executor", "--database-url", "postgresql://me:x@127.0.0.1:1/x?sslmode=bogus")
    assert ran.code == 2
    assert "sslmode" in ran.err.splitlines()[-1]


def test_a_user_that_may_make_no_tables_is_told_what_to_grant(
    command: Command, postgres_server: PostgresServer, empty_database_url: str
) -> None:
    postgres_server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    url = make_url(empty_database_url).set(username="guest", password="guest")
    try:
        ran = command("migrate", "--database-url", url.render_as_string(hide_password=False))
    finally:
        postgres_server.execute("DROP ROLE guest")
    assert ran.code == 3
    assert "CREATE on the database" in ran.err


NEED_TABLES = (
    ("status",),
    ("compensate",),
    ("executor", "--until-idle"),
    ("tasks", "list"),
    ("tasks", "show", "1"),
    ("tasks", "retry", "1"),
    ("tasks", "cancel", "1"),
)


def test_tables_that_are_not_there_are_named_with_their_command(command: Command, empty_database_url: str) -> None:
    for arguments in NEED_TABLES:
        ran = command(*arguments, "--database-url", empty_database_url)
        assert ran.code == 3, arguments
        assert "`mediaproc migrate`" in ran.err, arguments
    assert "revision" in command("migrate", "--database-url", empty_database_url).out
    assert "already" in command("migrate", "--database-url", empty_database_url).out
    assert command("status", "--database-url", empty_database_url).code == 0


@pytest.mark.parametrize("revision", ["9999", "0000"])
def test_tables_of_another_version_stop_every_command_with_what_mends_it(
    site: Command, engine: Engine, revision: str
) -> None:
    with engine.begin() as connection:
        newer_or_older = "UPDATE mediaproc_version SET version_num = CAST(:revision AS text), oldest_client = :revision"
        connection.execute(text(newer_or_older), {"revision": revision})
    mended_by = "`pip install --upgrade mediaproc`"
    ran = site("migrate")
    assert (ran.code, len(ran.err.splitlines())) == (3, 1)
    assert mended_by in ran.err
    for arguments in NEED_TABLES:
        ran = site(*arguments)
        assert ran.code == 3, arguments
        assert (mended_by if revision == "9999" else "`mediaproc migrate`") in ran.err, arguments


def test_a_migration_may_take_longer_than_a_statement_elsewhere(
    command: Command, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); END'"
        )
        connection.execute("CREATE EVENT TRIGGER slow ON ddl_command_start EXECUTE FUNCTION slow()")
    monkeypatch.setattr(database, "STATEMENT_TIMEOUT", 0.05)
    impatient = database.connect(empty_database_url)
    with pytest.raises(Unavailable, match="statement timeout"):
        migrate(Database(impatient))
    impatient.dispose()
    assert command("migrate", "--database-url", empty_database_url).code == 0


def test_a_migration_waits_for_another_longer_than_for_other_locks(
    site: Command, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.001)
    waited = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND now() - waitstart > '50 ms'"
    with psycopg.connect(database_url, autocommit=True) as other, ThreadPoolExecutor(1) as threads:
        other.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        ran = threads.submit(site, "migrate")
        until(lambda: ran.done() or other.execute(waited).fetchall())
        assert not ran.done(), ran.result().err
        other.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
        assert ran.result().code == 0


def test_a_file_gives_settings_and_an_option_beats_it(command: Command, tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "mediaproc.toml"
    file.write_text(f'database_url = "{database_url}"\nlease = 5\n', encoding="utf-8")
    assert "three heartbeats" in command("compensate", "--config", file).err
    assert command("compensate", "--config", file, "--lease", "60").code == 0


def test_a_mistyped_variable_is_one_warning_and_spoils_no_answer(
    site: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIAPROC_STORE_URI", "minio://key:hush@host/bucket")
    ran = site("status", "--json")
    assert ran.code == 0
    assert len(ran.objects()) == 1
    assert ran.err.splitlines() == [
        "mediaproc: warning: There is no setting MEDIAPROC_STORE_URI: did you mean MEDIAPROC_STORE_URL?"
    ]


def test_an_executor_says_which_database_and_store_it_works_for(
    command: Command, database_url: str, tmp_path: Path
) -> None:
    url = make_url(database_url)
    ran = command("executor", "--until-idle", "--database-url", database_url, "--store-url", f"file://{tmp_path}")
    assert ran.code == 0
    (started,) = [line for line in map(json.loads, ran.err.splitlines()) if line["event"] == "executor_started"]
    assert started["database"] == f"{url.host}:{url.port}, database {url.database}"
    assert started["store"] == f"DirectoryStore({tmp_path})"


def test_each_node_ticks_at_moments_of_its_own(
    command: Command, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offsets = []

    class Noting(Scheduler):
        def __init__(
            self, *, log: FilteringBoundLogger, offset: float = 0.0, overlaps: Counter[str] | None = None
        ) -> None:
            offsets.append(offset)
            super().__init__(log=log, offset=offset, overlaps=overlaps)

    monkeypatch.setattr("mediaproc.scheduled_jobs.Scheduler", Noting)
    options = ("--until-idle", "--database-url", database_url, "--store-url", f"file://{tmp_path}")
    assert [command("executor", "--shard", f"{index}/2", *options).code for index in range(2)] == [0, 0]
    assert offsets == [tick_offset(Shard(index, 2), host=socket.gethostname()) for index in range(2)]


def test_the_version_is_said(command: Command) -> None:
    assert command("--version").out.startswith("mediaproc ")


def _imported_by(*arguments: str) -> set[str]:
    """The modules that a process of this command has imported at its end."""
    program = (
        "import sys; from mediaproc.cli.main import run;"
        f"code = run({list(arguments)!r});"
        "print('\\n', *sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.splitlines()[-1].split())


_ONLY_FOR_PEOPLE = {"rich", "alembic", "Crypto"}
_FOR_WORK = {"minio", "apscheduler", "ffmpeg", "mediaproc.app", "mediaproc.ffmpeg", "mediaproc.core.plan"}


def test_the_daemon_imports_nothing_that_only_people_need(database_url: str, tmp_path: Path) -> None:
    imported = _imported_by("executor", "--until-idle", "--database-url", database_url, "--home", str(tmp_path))
    assert not imported & (_ONLY_FOR_PEOPLE | {"minio"})
    assert imported >= _FOR_WORK - {"minio"}


@pytest.mark.parametrize("command_line", ["tasks list", "status"])
def test_what_only_reads_the_tables_imports_nothing_that_works_on_files(command_line: str, database_url: str) -> None:
    imported = _imported_by(*command_line.split(), "--database-url", database_url)
    assert not imported & (_ONLY_FOR_PEOPLE | _FOR_WORK)
    assert "sqlalchemy" in imported


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_the_program_says_of_itself_imports_no_command(option: str) -> None:
    imported = _imported_by(option)
    assert not imported & (_FOR_WORK | {"sqlalchemy", "psycopg", "pydantic_settings", "mediaproc.config"})
    assert "typer" in imported


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    whole: Any = get_command(root)
    for group in (whole, whole.get_command(None, "tasks")):
        own = {name: group.get_command(None, name).help.split("\n\n")[0] for name in group.summaries}
        assert own == dict(group.summaries)


def test_a_mistyped_command_is_told_what_it_may_have_been(command: Command) -> None:
    assert "Did you mean 'status'" in command("statsu").err


def test_a_bug_keeps_its_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("mediaproc.cli.opened_parts.open_database", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        command("status")
