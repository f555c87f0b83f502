"""The supervisor ends the private server with its last user, however that one ends, and restarts it after a crash."""

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from tests.embedded.server_users import answers, ends, server_pid, supervisor_pid, user, watched
from tests.parts.waiting import until


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
        # Until the supervisor is gone it holds its lock, and its server still seems to have one.
        assert ends(supervisor)
        with user(tmp_path) as second:
            assert ends(server)
            assert not second.alone
            assert answers(second.url)
            assert answers(first.url)


def test_who_stays_has_a_server_again_after_its_supervisor_was_killed_though_nobody_else_comes(tmp_path: Path) -> None:
    with (
        user(tmp_path) as only,
        watched(server_pid(tmp_path)) as server,
        watched(supervisor_pid(tmp_path)) as supervisor,
    ):
        os.kill(supervisor_pid(tmp_path), signal.SIGKILL)
        assert ends(supervisor)
        assert ends(server)
        until(lambda: _answers_again(only.url))
        # And the new one ends with its last user as the first one would have.
        with watched(server_pid(tmp_path)) as another:
            only.leave()
            assert ends(another)


@pytest.mark.parametrize("name", ["home", "l" * 90], ids=["its socket in the home", "its socket elsewhere"])
def test_a_server_that_crashed_is_started_again(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    with user(home) as only:
        crashed = server_pid(home)
        with watched(crashed) as server:
            os.kill(crashed, signal.SIGKILL)
            assert ends(server)
        with user(home) as second:
            assert second.url == only.url
            assert answers(only.url)
            assert server_pid(home) != crashed


def _answers_again(url: str) -> bool:
    try:
        return answers(url)
    except OperationalError:
        return False
