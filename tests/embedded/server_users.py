"""Users of the private server, each a process of its own, for the tests of the server and its supervisor."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from mediaproc.db.engine import connect
from mediaproc.embedded.cluster import pid_file_lines

USE_SERVER = """
import sys
from pathlib import Path
from mediaproc.embedded import private_server

said = []
with private_server(Path(sys.argv[1]), when_alone=lambda url: said.append("alone")) as url:
    print(url, *said, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, kw_only=True)
class User:
    """A command in a process of its own that uses the server until it leaves or is killed."""

    process: subprocess.Popen[str]
    url: str
    alone: bool

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


@contextmanager
def user(home: Path) -> Iterator[User]:
    process = subprocess.Popen(
        [sys.executable, "-c", USE_SERVER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url, _, rest = process.stdout.readline().strip().partition(" ")
        yield User(process=process, url=url, alone=rest == "alone")
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@contextmanager
def watched(pid: int) -> Iterator[int]:
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


def ends(handle: int) -> bool:
    return bool(select.select([handle], [], [], 60)[0])


def server_pid(home: Path) -> int:
    return int(pid_file_lines(home / "postgres" / "data")[0])


def supervisor_pid(home: Path) -> int:
    status = Path(f"/proc/{server_pid(home)}/status").read_text(encoding="utf-8")
    return int(status.split("PPid:")[1].split()[0])


def answers(url: str) -> bool:
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT 1")) == 1)
    finally:
        engine.dispose()


@contextmanager
def folder_for_anybody() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-tests-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
