"""`mediaproc serve` brings everything up in an empty folder, lets its owner in once, and ends in good order."""

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text

from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.embedded.cluster import pid_file_lines
from tests.cli.conftest import Command
from tests.parts.balancer import balancer
from tests.parts.clips import Clips
from tests.parts.executors import gone
from tests.parts.postgres import as_role
from tests.parts.serve import Client, ServeProcess
from tests.parts.settings import told
from tests.parts.site import Site
from tests.parts.waiting import until


def _executor_of(server: ServeProcess) -> psutil.Process:
    """The executor beside it, once that has started."""

    def found() -> psutil.Process | None:
        return next((each for each in psutil.Process(server.pid).children() if "executor" in each.cmdline()), None)

    server.wait_for(event="executor_started")
    return until(found)


def test_in_an_empty_folder_everything_comes_up_and_ends_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ServeProcess(settings={"home": str(home), "slots": "1"}) as server:
        client = server.client()
        assert (client.get("/livez").text, client.get("/readyz").text) == ("alive", "ready")
        executor = _executor_of(server)
        # Whoever only fetches the page, a mail program's preview say, burns nothing; the button works once.
        pages = [client.get(f"/login?once={server.secret}", page=True) for _ in range(2)]
        assert [(page.status, "Set-Cookie" in page.headers) for page in pages] == [(200, False)] * 2
        assert client.get("/problems/too-late", page=True).headers["Location"] == "/login?next=%2Fproblems%2Ftoo-late"
        entered = client.log_in(server.secret, path="/problems/too-late")
        assert (entered.status, entered.headers["Location"]) == (303, "/problems/too-late")
        assert client.get("/problems/too-late", page=True).status == 200
        assert client.get("/api/v1/tasks").json() == {"items": [], "next": None}
        assert server.client().log_in(server.secret).status == 403
        assert server.client().get("/api/v1/tasks").status == 401
        postgres = psutil.Process(int(next(iter(pid_file_lines(home / "postgres" / "data")))))
        server.send(signal.SIGTERM)
        assert server.wait() == 0
        assert gone([executor, postgres])
        assert not [line for line in server.lines if line["level"] in {"error", "warning"}]
    # Not the link, and not the cookie: neither in the log nor beside it.
    secrets = [server.secret, str(client.cookie).partition("=")[2]]
    assert [each for each in secrets if any(each in str(line) for line in server.lines)] == []


@pytest.fixture
def own_site(directory_site: Site, database_url: str) -> dict[str, str]:
    """The settings of a server with an executor of its own: a database that is named, a store that is not."""
    settings = {name: value for name, value in directory_site.settings.items() if name != "store_url"}
    return settings | {"database_url": database_url}


def test_while_the_executor_drains_nothing_is_begun_and_who_looks_may_look_on(
    own_site: dict[str, str],
) -> None:
    with ServeProcess(settings=own_site) as server:
        client = server.client()
        client.log_in(server.secret)
        executor = _executor_of(server)
        executor.suspend()
        server.send(signal.SIGTERM)
        until(lambda: client.get("/readyz").text == "ending")
        refused = client.ask("POST", "/api/v1/tasks", headers={"Sec-Fetch-Site": "same-origin"})
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert "is being stopped" in refused.json()["detail"]
        assert (client.get("/api/v1/tasks").status, client.get("/livez").text) == (200, "alive")
        executor.resume()
        assert server.wait() == 0
        assert gone([executor])


def test_an_executor_that_crashes_is_started_again_and_none_outlives_its_server(
    own_site: dict[str, str],
) -> None:
    with ServeProcess(settings=own_site) as server:
        _executor_of(server).kill()
        assert server.wait_for(event="executor_ended")["code"] == -signal.SIGKILL
        server.wait_for(event="executor_started", count=2)
        executor = _executor_of(server)
        server.kill()
        assert gone([executor])


def _at_work(server: ServeProcess, home: Path) -> list[psutil.Process]:
    """All that it has begun, the database too, once its ffmpeg is at work; that one stands still, so it never ends."""
    server.wait_for(event="stage_started", stage="transcode")
    ffmpeg = until(server.ffmpeg)
    for each in ffmpeg:
        each.suspend()
    postgres = psutil.Process(int(next(iter(pid_file_lines(home / "postgres" / "data")))))
    return [*server.children(), postgres, *postgres.children()]


def _enqueue(clip: Path, *, settings: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "mediaproc", "enqueue", str(clip)]
    subprocess.run(command, env=told(settings), check=True, capture_output=True)


def test_told_twice_or_killed_it_leaves_nothing_behind_and_the_next_one_takes_up_what_ran(
    tmp_path: Path, clips: Clips
) -> None:
    home = tmp_path / "home"
    settings = {"home": str(home), "slots": "1"}
    with ServeProcess(settings=settings | {"drain_grace": "3600"}) as server:
        client = server.client()
        _enqueue(clips.make(seconds=20, size=(640, 480), seed=77), settings=settings)
        begun = _at_work(server, home)
        server.send(signal.SIGTERM)
        # The task that runs may run to its end.
        server.wait_for(event="draining", running=1)
        assert client.get("/readyz").text == "ending"
        server.send(signal.SIGINT)
        server.wait_for(event="released")
        assert server.wait() == 0
        assert gone(begun)
        assert not [line for line in server.lines if line["level"] == "error"]
    with ServeProcess(settings=settings | {"drain_grace": "0"}) as server:
        begun = _at_work(server, home)
        server.kill()
        assert gone(begun)


def test_behind_a_balancer_servers_are_one_and_a_login_at_one_works_at_all(site: Site, database_url: str) -> None:
    # With the rights of a server, and no others.
    settings = site.settings | {"database_url": as_role(database_url, DEFAULT_NAMES["server"])}
    with ServeProcess(settings=settings) as one, ServeProcess(settings=settings) as other:
        # Nothing is the same in every site, and nothing but the page runs where the site is elsewhere.
        assert one.secret != other.secret
        assert not one.children() + other.children()
        ports = [int(each.url.rpartition(":")[2]) for each in (one, other)]
        with balancer(ports) as port:
            client = Client(f"http://127.0.0.1:{port}")
            client.log_in(other.secret)
            answers = [client.get("/api/v1/tasks", own_connection=True) for _ in range(4)]
            assert [answer.status for answer in answers] == [200] * 4
            told = [client.get("/metrics", own_connection=True).text for _ in range(2)]
            asked = 'mediaproc_http_requests_total{method="GET",route="/api/v1/tasks",status="200"} 2.0'
            assert [asked in each for each in told] == [True, True]
            assert client.ask("POST", "/logout", form={}).status == 303
            assert [client.get("/api/v1/tasks", own_connection=True).status for _ in range(2)] == [401, 401]


def test_an_address_that_is_taken_ends_it_with_3_and_nothing_else_was_begun(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = command("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (ran.code, ran.out) == (3, "")
    assert "give MEDIAPROC_LISTEN a free port" in ran.err
    assert not (tmp_path / "home").exists()


def test_a_folder_that_cannot_be_used_ends_it_with_one_sentence(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("MEDIAPROC_HOME", str(file / "home"))
    ran = command("serve", "--listen", "127.0.0.1:0")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1)
    assert "set MEDIAPROC_HOME to a folder of yours" in ran.err


@pytest.mark.parametrize("arguments", [(), ("--no-executor",)])
def test_a_database_of_a_newer_version_ends_it_with_one_sentence(
    command: Command, database_url: str, engine: Engine, arguments: tuple[str, ...]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE mediaproc_version SET version_num = '9999', oldest_client = '9999'"))
    ran = command("serve", "--listen", "127.0.0.1:0", "--database-url", database_url, *arguments)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1)
    assert "`pip install --upgrade mediaproc`" in ran.err


def test_an_address_that_others_reach_ends_it_with_2_without_names(command: Command) -> None:
    ran = command("serve", "--listen", "0.0.0.0:0")
    assert (ran.code, ran.out) == (2, "")
    assert "set MEDIAPROC_WEB_HOSTS" in ran.err


def test_without_the_extra_it_says_what_to_install(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    ran = command("serve")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "mediaproc: The page needs uvicorn: install mediaproc[web].\n"
