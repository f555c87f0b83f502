"""PostgreSQL's programs and their supervisor get what they need to run, and no secret of the starting command."""

import os
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from mediaproc.embedded import cluster as cluster_module
from mediaproc.embedded.binaries import Binaries, find_binaries
from mediaproc.embedded.cluster import Cluster
from tests.embedded.server_users import folder_for_anybody, server_pid, supervisor_pid, user
from tests.embedded.test_server_user import without_user_namespaces

SECRET = "hunter2-not-for-eyes"
_SECRETS = {
    "MEDIAPROC_STORE_URL": f"minio://key:{SECRET}@host/bucket",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "DATABASE_PASSWORD": SECRET,
}
_OF_SERVER = {"PATH", "LD_LIBRARY_PATH", "LC_ALL"}
_OF_KEEPER = _OF_SERVER | {"PYTHONPATH", "PYTHONHOME"}

_LOOK = """
import sys
from pathlib import Path
from mediaproc.embedded import private_server
from mediaproc.embedded.cluster import pid_file_lines

home = Path(sys.argv[1])
with private_server(home):
    server = Path("/proc", pid_file_lines(home / "postgres" / "data")[0])
    uid = server.stat().st_uid
    print(uid, "of", (server / "environ").read_bytes())
"""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _SECRETS.items():
        monkeypatch.setenv(name, value)


def _environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")


def _names(environment: str) -> set[str]:
    return {variable.partition("=")[0] for variable in environment.split("\0") if variable}


def test_what_outlives_a_command_has_none_of_its_secrets(tmp_path: Path) -> None:
    with user(tmp_path) as only:
        assert SECRET in _environment(only.process.pid)
        supervisor, server = supervisor_pid(tmp_path), server_pid(tmp_path)
        assert _names(_environment(supervisor)) <= _OF_KEEPER
        assert _names(_environment(server)) <= _OF_SERVER
        for child in psutil.Process(server).children(recursive=True):
            assert SECRET not in _environment(child.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an identity")
def test_another_user_who_owns_the_server_has_none_of_roots_secrets() -> None:
    with folder_for_anybody() as folder:
        ran = without_user_namespaces("-c", _LOOK, str(folder / "home"))
    (told,) = ran.stdout.splitlines()[-1:]
    uid, _, environment = told.partition(" of ")
    assert uid.isdecimal(), ran.stderr
    assert int(uid) != 0
    assert "LC_ALL=C" in environment
    assert SECRET not in environment


def test_what_makes_the_data_folder_has_none_of_them_either(tmp_path: Path) -> None:
    assert SECRET not in _what_initdb_finds(tmp_path)


def test_with_the_whole_environment_passed_on_the_secrets_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole() -> Mapping[str, str]:
        return dict(os.environ)

    monkeypatch.setattr("mediaproc.embedded.server_user.server_environment", whole)
    monkeypatch.setattr(cluster_module, "server_environment", whole)
    assert SECRET in _what_initdb_finds(tmp_path)
    with folder_for_anybody() as sockets:
        assert SECRET in _what_the_server_finds(tmp_path, sockets=sockets)


def _what_initdb_finds(folder: Path) -> str:
    """The environment of an initdb that writes it down before it does its work."""
    real = find_binaries()
    programs = folder / "programs"
    programs.mkdir()
    found = folder / "found"
    found.touch()
    found.chmod(0o666)
    spy = programs / "initdb"
    spy.write_text(f'#!/bin/sh\nenv > "{found}"\nexec "{real.initdb}" "$@"\n', encoding="utf-8")
    spy.chmod(0o755)
    Cluster(folder=folder / "cluster", binaries=Binaries(folder=programs, major=real.major)).initialise(
        password="secret", durable=False
    )
    environment = found.read_text(encoding="utf-8")
    assert "LC_ALL" in environment or SECRET in environment
    return environment


def _what_the_server_finds(folder: Path, *, sockets: Path) -> str:
    cluster = Cluster(folder=folder / "cluster", binaries=find_binaries())
    cluster.identity.give(sockets)
    settings = {"listen_addresses": "", "unix_socket_directories": str(sockets)}
    server = cluster.start(settings, log=folder / "log", death_signal="QUIT")
    try:
        cluster.wait_until_ready(server, log=folder / "log")
        return _environment(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=60)
