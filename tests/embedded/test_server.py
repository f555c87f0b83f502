"""The first user starts the private server, and all share it."""

import subprocess
import sys
from pathlib import Path

import pytest

from mediaproc.embedded import private_server
from tests.embedded.server_users import USE_SERVER


def test_users_that_come_at_the_same_time_share_one_server(tmp_path: Path) -> None:
    command = [sys.executable, "-c", USE_SERVER, str(tmp_path)]
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
            [sys.executable, "-c", USE_SERVER, str(tmp_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
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
