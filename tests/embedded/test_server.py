"""The private server comes with its first user and goes with its last, however that one ends."""

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from mediaproc.core.errors import PartMissing
from mediaproc.db.engine import connect
from mediaproc.db.faults import translated
from mediaproc.embedded import private_server
from mediaproc.embedded.cluster import pid_file_lines

_USER = """
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
    """A command in a process of its own that uses the server until it is told to end, or killed."""

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
        [sys.executable, "-c", _USER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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


def test_the_server_ends_with_its_last_user(tmp_path: Path) -> None:
    with user(tmp_path) as first, user(tmp_path) as second:
        assert answers(first.url)
        assert second.url == first.url
        assert (first.alone, second.alone) == (True, False)
        with watched(server_pid(tmp_path)) as server, watched(supervisor_pid(tmp_path)) as supervisor:
            first.leave()
            assert answers(second.url)
            second.leave()
            assert ends(server)
            assert ends(supervisor)


def test_the_server_ends_with_a_user_that_was_killed(tmp_path: Path) -> None:
    with user(tmp_path) as only, watched(server_pid(tmp_path)) as server:
        only.process.kill()
        assert ends(server)
    with user(tmp_path) as again:
        assert again.alone
        assert answers(again.url)


def test_the_server_ends_with_a_supervisor_that_was_killed_and_the_next_user_starts_another(tmp_path: Path) -> None:
    with (
        user(tmp_path) as first,
        watched(server_pid(tmp_path)) as server,
        watched(supervisor_pid(tmp_path)) as supervisor,
    ):
        os.kill(supervisor_pid(tmp_path), signal.SIGKILL)
        # Until it is gone it holds its lock, and its server passes for one that is kept.
        assert ends(supervisor)
        with user(tmp_path) as second:
            assert ends(server)
            assert not second.alone
            assert answers(second.url)
            assert answers(first.url)


def test_a_server_that_crashed_is_started_again(tmp_path: Path) -> None:
    with user(tmp_path) as only:
        crashed = server_pid(tmp_path)
        with watched(crashed) as server:
            os.kill(crashed, signal.SIGKILL)
            assert ends(server)
        with user(tmp_path) as second:
            assert answers(second.url)
            assert answers(only.url)
            assert server_pid(tmp_path) != crashed


def test_users_that_come_at_the_same_time_share_one_server(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _USER, str(tmp_path)]
    several = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120)[0] for process in several]
    assert [process.returncode for process in several] == [0] * 4
    assert {line.split()[0] for line in said} == {said[0].split()[0]}
    assert "alone" in "".join(said)


def test_nobody_comes_in_while_the_first_user_tidies_up(tmp_path: Path) -> None:
    order: list[str] = []

    def tidy_up(url: str) -> None:
        del url
        process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(tmp_path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        others.append(process)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        order.append("tidied")

    others: list[subprocess.Popen[str]] = []
    with private_server(tmp_path, when_alone=tidy_up):
        said, _ = others[0].communicate(timeout=60)
        order.append("came in")
    assert order == ["tidied", "came in"]
    assert "alone" not in said


@pytest.mark.parametrize("name", ["with blanks in it", "l" * 90, 'odd "quoted", name', "电影"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    with private_server(tmp_path / name) as url:
        assert answers(url)
        folder = Path(pid_file_lines(tmp_path / name / "postgres" / "data")[4])
        assert folder.is_dir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        supervisor = os.pidfd_open(supervisor_pid(tmp_path / name))
    assert ends(supervisor)
    os.close(supervisor)
    assert tmp_path in folder.parents or not folder.exists()


def test_nothing_is_open_to_other_users(tmp_path: Path) -> None:
    with private_server(tmp_path) as url:
        assert answers(url)
        postgres = tmp_path / "postgres"
        for path in (postgres, postgres / "data", postgres / "run", postgres / "password"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        with pytest.raises(PartMissing, match="password is wrong"), translated():
            answers(url.replace("mediaproc:", "mediaproc:not"))
        # Its own sockets: another server of this machine may well listen on PostgreSQL's port.
        assert psutil.Process(server_pid(tmp_path)).net_connections("tcp") == []


def test_a_folder_of_another_version_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9\n", encoding="utf-8")
    with pytest.raises(PartMissing, match="was made by PostgreSQL 9, which is not on this machine"):  # noqa: SIM117
        with private_server(tmp_path):
            pass


def test_a_home_that_cannot_be_made_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with pytest.raises(PartMissing, match="set MEDIAPROC_HOME"):  # noqa: SIM117
        with private_server(tmp_path / "home"):
            pass
