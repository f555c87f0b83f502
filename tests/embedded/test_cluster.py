"""The server under the tests, and under an embedded mediaproc, keeps its promises."""

import os
import select
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import PartMissing
from mediaproc.embedded.binaries import find_binaries
from tests.parts.postgres import PostgresServer


def test_each_test_has_a_database_of_its_own(engine: Engine, postgres_server: PostgresServer) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW server_encoding")) == "UTF8"
        assert connection.scalar(text("SELECT to_regclass('media_process')")) == "media_process"
    assert postgres_server.execute("SELECT to_regclass('media_process')") == [(None,)]


def test_nobody_gets_in_without_the_password(postgres_server: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres_server.url(password="guessed"))


def test_a_restart_keeps_what_was_committed(own_postgres: PostgresServer) -> None:
    own_postgres.execute("CREATE TABLE kept AS SELECT 7 AS number")
    own_postgres.restart("fast")
    assert own_postgres.execute("SELECT number FROM kept") == [(7,)]
    own_postgres.restart("immediate")
    assert own_postgres.execute("SELECT 1") == [(1,)]


def test_a_killed_backend_ends_its_connection(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url()) as connection:
        postgres_server.kill_backend(connection.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_the_server_dies_with_a_killed_starter() -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
            import time
            from tests.parts.postgres import running_postgres
            with running_postgres() as server:
                print(server.pid, server.cluster.folder.parent, flush=True)
                time.sleep(600)
            """
            ),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert starter.stdout is not None
    pid, _, folder = starter.stdout.readline().strip().partition(" ")
    watched = os.pidfd_open(int(pid))
    starter.kill()
    starter.wait()
    starter.stdout.close()
    try:
        ended, _, _ = select.select([watched], [], [], 30)
        assert ended, "the server outlived the process that started it"
    finally:
        os.close(watched)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_version_that_is_not_here_is_named() -> None:
    with pytest.raises(PartMissing, match="PostgreSQL 9 is needed, and only"):
        find_binaries(major=9)
