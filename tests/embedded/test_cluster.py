"""The server under the tests, and under an embedded mediaproc, keeps its promises."""

import os
import secrets
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
from mediaproc.doctor import missing
from mediaproc.embedded.binaries import Binaries, _candidates, _looked_at, find_binaries
from mediaproc.embedded.cluster import Cluster
from tests.embedded.server_users import folder_for_anybody
from tests.parts.postgres import PostgresServer
from tests.parts.small_disk import small_disk


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
            with running_postgres(from_nothing=True) as server:
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


_INSTALLATIONS = {found.major: found for folder in _candidates(None) if (found := _looked_at(folder))}


@pytest.mark.parametrize("binaries", _INSTALLATIONS.values(), ids=lambda each: str(each.major))
def test_every_installation_on_this_machine_serves(binaries: Binaries, tmp_path: Path) -> None:
    cluster = Cluster(folder=tmp_path / "cluster", binaries=binaries)
    cluster.initialise(password=secrets.token_hex(8), durable=False)
    with folder_for_anybody() as sockets:
        cluster.identity.give(sockets)
        settings = {"listen_addresses": "", "unix_socket_directories": str(sockets)}
        process = cluster.start(settings, log=tmp_path / "log", death_signal="QUIT")
        try:
            cluster.wait_until_ready(process, log=tmp_path / "log")
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_a_data_folder_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "cluster.new").mkdir()
    (tmp_path / "cluster.new" / "half").write_text("of one that was killed", encoding="utf-8")
    cluster = Cluster(folder=tmp_path / "cluster", binaries=next(iter(_INSTALLATIONS.values())))
    cluster.initialise(password="secret", durable=False)
    assert (tmp_path / "cluster" / "PG_VERSION").exists()
    assert not (tmp_path / "cluster" / "half").exists()


def test_a_full_disk_is_named_as_what_it_is_and_not_as_what_was_tidied_up_after_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=4 * 1024 * 1024) as disk:
        cluster = Cluster(folder=disk / "cluster", binaries=next(iter(_INSTALLATIONS.values())))
        with pytest.raises(PartMissing) as caught:
            cluster.initialise(password="secret", durable=False)
    found = missing("database", caught.value)
    assert "No space left on device" in found.fact
    assert (found.remedy or "").startswith("Mend what it names, such as a disk without room")


def test_a_server_that_cannot_start_is_told_with_its_own_reason(tmp_path: Path) -> None:
    cluster = Cluster(folder=tmp_path / "cluster", binaries=next(iter(_INSTALLATIONS.values())))
    cluster.initialise(password="secret", durable=False)
    log = tmp_path / "log"
    process = cluster.start({"listen_addresses": "", "no_such_setting": "1"}, log=log, death_signal="QUIT")
    with pytest.raises(PartMissing, match=r"does not start \(.*FATAL: .*no_such_setting.*\): see its log"):
        cluster.wait_until_ready(process, log=log)
