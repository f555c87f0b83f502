"""PostgreSQL refuses to run as root: it runs all the same, as whom this machine allows, with the programs it has."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.doctor import missing
from mediaproc.embedded.binaries import Binaries, _candidates, _looked_at
from mediaproc.embedded.cluster import Cluster
from tests.parts.small_disk import small_disk

_INSTALLATIONS = {found.major: found for folder in _candidates(None) if (found := _looked_at(folder))}

_USE_IT = """
import sys
from pathlib import Path
from mediaproc.db.engine import connect
from mediaproc.embedded import private_server

with private_server(Path(sys.argv[1])) as url:
    with connect(url).connect() as connection:
        print(connection.exec_driver_sql("SELECT 'it answers'").scalar())
"""


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


@contextmanager
def folder_for_anybody() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-tests-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_no_program_of_the_system_need_be_on_path() -> None:
    with folder_for_anybody() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", _USE_IT, str(folder / "home")],
            env={"PATH": ""}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.stdout.splitlines()[-1:] == ["it answers"], ran.stderr


def without_user_namespaces(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python as root where no further user namespace may be made, as in a container of Docker's."""
    # A user namespace of its own, all users mapped, has a limit of its own, too.
    close = 'echo 0 > /proc/sys/user/max_user_namespaces; ! unshare --user true 2>&1 || exit 99; exec "$@"'
    # Root by the new map, and with its rights, only from the next program on.
    wait = 'read go; exec setpriv --reuid 0 --regid 0 --clear-groups sh -c "$0" sh "$@"'
    command = ["unshare", "--user", "sh", "-c", wait, close, sys.executable, *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while Path(f"/proc/{process.pid}/ns/user").readlink() == Path("/proc/self/ns/user").readlink():
        assert process.poll() is None
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{process.pid}/{name}").write_text("0 0 65536", encoding="ascii")
    out, err = process.communicate("go\n", timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an identity")
def test_root_uses_another_user_where_user_namespaces_are_closed() -> None:
    with folder_for_anybody() as folder:
        ran = without_user_namespaces("-c", _USE_IT, str(folder / "home"))
        assert ran.stdout.splitlines()[-1:] == ["it answers"], ran.stderr
        data = folder / "home" / "postgres" / "data"
        assert data.stat().st_uid not in {0, os.geteuid()}
        assert data.stat().st_mode & 0o077 == 0
        assert (folder / "home" / "postgres" / "password").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an identity")
def test_a_home_that_the_other_user_cannot_enter_gets_one_sentence() -> None:
    with folder_for_anybody() as folder:
        folder.chmod(0o700)
        ran = without_user_namespaces("-c", _USE_IT, str(folder / "home"))
        assert "cannot enter" in ran.stderr.splitlines()[-1]
        assert "set MEDIAPROC_HOME" in ran.stderr.splitlines()[-1]
