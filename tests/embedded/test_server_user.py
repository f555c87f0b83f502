"""PostgreSQL refuses to run as root: it runs all the same, as a user that this machine allows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.server_users import folder_for_anybody

_USE_IT = """
import sys
from pathlib import Path
from mediaproc.db.engine import connect
from mediaproc.embedded import private_server

with private_server(Path(sys.argv[1])) as url:
    with connect(url).connect() as connection:
        print(connection.exec_driver_sql("SELECT 'it answers'").scalar())
"""


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
