"""No other user of the machine reads a credential in `ps`, however the program was started."""

import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPT = (str(Path(sysconfig.get_path("scripts")) / "mediaproc"),)
MODULE = (sys.executable, "-m", "mediaproc")
UNGUARDED = (sys.executable, "-c", "from mediaproc.cli import main; main()")

DATABASE, STORE = "postgresql://me:hush@127.0.0.1:{port}/x", "minio://key:hush@127.0.0.1:{port}/bucket"
APART = ("enqueue", "film.avi", "--database-url", DATABASE, "--store-url", STORE)
JOINED = ("enqueue", f"--database-url={DATABASE}", f"--store-url={STORE}", "film.avi")


@pytest.mark.parametrize("options", [APART, JOINED], ids=["apart", "joined"])
@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["script", "module"])
def test_no_credential_stays_on_the_command_line(program: Sequence[str], options: Sequence[str]) -> None:
    seen = _seen_of([*program, *options])
    assert b"hush" not in seen
    assert b"enqueue" in seen
    assert b"film.avi" in seen


def test_without_the_guard_the_credentials_are_read() -> None:
    assert _seen_of([*UNGUARDED, *APART]).count(b"hush") == 2


def _seen_of(command: Sequence[str]) -> bytes:
    """The command line in /proc at the moment when the command connects to its database."""
    with socket.create_server(("127.0.0.1", 0)) as database:
        database.settimeout(120)
        port = str(database.getsockname()[1])
        with subprocess.Popen(
            [word.replace("{port}", port) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            connection, _ = database.accept()
            with connection:
                seen = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            process.kill()
    return seen
