"""A real PostgreSQL for tests: started once per run on a loopback port, ended with the process that started it."""

import atexit
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, Engine, make_url

from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.grants import DEFAULT_NAMES, apply_grants, let_log_in
from mediaproc.db.migrate import migrate
from mediaproc.embedded.binaries import find_binaries
from mediaproc.embedded.cluster import USER, Cluster
from tests.parts.ports import free_port
from tests.parts.server_folder import server_folder

# A crash of the machine may cost anything, since the server lives for one test run. A crash of the server, which tests
# kill, must cost nothing that it reported as committed: so a COMMIT waits until the log has reached the kernel.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}
# The role with the rights of executors, enqueuers and operators together, which `transcode` needs.
WHOLE_SITE = "mediaproc_site"
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """One server with a folder of its own; it keeps port, password and what was committed across a restart."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """`settings` come before those of the tests."""
        self._settings = _SETTINGS | dict(settings)
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.log = folder / "postgres.log"
        self.cluster = Cluster(folder=folder / "cluster", binaries=find_binaries())
        self._process: subprocess.Popen[bytes] | None = None
        self._template: str | None = None

    def begin_as(self, seed: "Seed") -> None:
        """Begin as a copy of the seed instead of from nothing."""
        # With its owner, who is another one where root runs this.
        subprocess.run(["/bin/cp", "-a", str(seed.cluster), str(self.cluster.folder)], check=True)
        self.password, self._template = seed.password, seed.template

    def start(self) -> None:
        """Start and wait until it answers; it dies with the thread that calls this (so: the main one)."""
        if not self.cluster.folder.exists():
            self.cluster.initialise(password=self.password, durable=False)
        settings = self._settings | {"port": str(self.port)}
        self._process = self.cluster.start(settings, log=self.log, death_signal="QUIT")
        self.cluster.wait_until_ready(self._process, log=self.log)

    def stop(self, mode: str = "fast") -> None:
        """End it: `smart` waits for its clients, `fast` cuts them off, `immediate` is a crash with recovery after."""
        process = self._running()
        process.send_signal(signal.SIGCONT)
        process.send_signal(_STOP_SIGNALS[mode])
        process.wait(timeout=60)
        self._process = None

    def restart(self, mode: str = "fast") -> None:
        """Stop and start again."""
        self.stop(mode)
        self.start()

    def kill_backend(self, pid: int, number: signal.Signals = signal.SIGTERM) -> None:
        """End one connection's process; with SIGKILL the server restarts by itself and drops every connection."""
        subprocess.run(["/bin/kill", f"-{number.value}", str(pid)], check=True)

    @property
    def is_running(self) -> bool:
        """Whether the server's process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process, for those who freeze or measure it."""
        return self._running().pid

    def url(
        self, name: str = "postgres", *, port: int | None = None, password: str | None = None, role: str = USER
    ) -> str:
        """A `MEDIAPROC_DATABASE_URL`; another port is that of a proxy in front of it."""
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{port or self.port}/{name}"

    def execute(self, statement: LiteralString, *, name: str = "postgres") -> list[tuple[object, ...]]:
        """Rows of one statement, outside of any transaction, for a test's setup and checks."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, *, migrated: bool = True) -> str:
        """The name of a fresh database, a copy of a migrated one unless it shall be empty."""
        name = f"test_{secrets.token_hex(6)}"
        template = self._migrated_template() if migrated else "template1"
        # Without a trace in the WAL, which would grow by the whole database each time; before 15 it had no name.
        strategy = sql.SQL("STRATEGY file_copy" if self.cluster.binaries.major >= 15 else "")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template), strategy))
        return name

    def drop_database(self, name: str) -> None:
        """Drop the database, also with connections to it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def become_seed(self) -> "Seed":
        """Make the tables, and stop: what others can begin as."""
        template = self._migrated_template()
        self.stop()
        return Seed(cluster=self.cluster.folder, password=self.password, template=template)

    def _migrated_template(self) -> str:
        if self._template is None:
            name = self.create_database(migrated=False)
            engine = database.connect(self.url(name))
            try:
                migrate(Database(engine))
                with engine.begin() as connection:
                    self._grant(connection)
            finally:
                engine.dispose()
            self._template = name
        return self._template

    def _grant(self, connection: Connection) -> None:
        """The tables' rights as `mediaproc grants` gives them; the roles log in with the server's own password."""
        apply_grants(connection, names=DEFAULT_NAMES)
        roles = ", ".join(DEFAULT_NAMES.values())
        connection.exec_driver_sql(f"CREATE ROLE {WHOLE_SITE} IN ROLE {roles}")
        for name in (*DEFAULT_NAMES.values(), WHOLE_SITE):
            let_log_in(connection, name=name, password=self.password)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this PostgreSQL server is not running")
        return self._process


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A stopped server's folder, its password, and the name of the database with the tables."""

    cluster: Path
    password: str
    template: str


_seed_ends = ExitStack()
atexit.register(_seed_ends.close)


@cache
def _seed() -> Seed:
    """Made once per process: initdb and the migrations take ten times as long as a copy of what they made."""
    server = PostgresServer(_seed_ends.enter_context(server_folder()))
    server.start()
    return server.become_seed()


def pytest_unconfigure() -> None:
    """Removes the seed; a worker of xdist does not come to its `atexit`."""
    _seed_ends.close()


@contextmanager
def running_postgres(
    *, settings: Mapping[str, str] = MappingProxyType({}), from_nothing: bool = False
) -> Iterator[PostgresServer]:
    """A server for the block alone, for tests that stop, kill or freeze it; `settings` come before the tests' own.

    One `from_nothing` has no roles yet.
    """
    with server_folder() as folder:
        server = PostgresServer(folder, settings=settings)
        if not from_nothing:
            server.begin_as(_seed())
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop("immediate")


def as_role(url: str, role: str) -> str:
    """The URL of a test's database for a client with the rights of that role alone."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the run (with xdist: one for each worker); a test that stops it starts it again."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may kill."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database with the tables in it."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database with nothing in it."""
    name = postgres_server.create_database(migrated=False)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The product's own engine on a fresh database."""
    engine = database.connect(database_url)
    yield engine
    engine.dispose()
