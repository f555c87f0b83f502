"""`status --watch` stays, is read anew, outlives the database, fits its terminal, and ends by Ctrl-C with 0."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine

from tests.cli.conftest import Command
from tests.db.sample_rows import executor, insert_task
from tests.parts.proxy import proxied
from tests.parts.settings import told
from tests.parts.terminals import TMUX, terminals


@contextmanager
def _watching(*arguments: str, database_url: str, home: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mediaproc", "status", "--watch", "--interval", "0.2", *arguments],
        env=told({"database_url": database_url, "home": str(home)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _objects(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def test_each_look_is_an_object_and_a_database_that_goes_away_ends_nothing(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    with proxied(database_url) as (proxy, url), _watching("--json", database_url=url, home=tmp_path) as process:
        looks = _objects(process)
        assert next(looks)["diagnosis"]["health"] == "healthy"
        with engine.begin() as connection:
            insert_task(connection, 1)
        assert next(look for look in looks if look["diagnosis"]["health"] == "stuck")["backlog"][0]["tasks"] == 1
        proxy.refuse()
        assert next(look["error"] for look in looks if "error" in look)
        proxy.heal()
        assert next(look for look in looks if "diagnosis" in look)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0


def test_without_a_terminal_each_look_is_a_screen(database_url: str, tmp_path: Path) -> None:
    with _watching(database_url=database_url, home=tmp_path) as process:
        assert process.stdout is not None
        titles = (line for line in process.stdout if line == "Executors\n")
        assert [next(titles), next(titles)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0


@pytest.mark.skipif(TMUX is None, reason="tmux is not installed (tests/system-packages.txt)")
def test_on_a_terminal_it_fits_whatever_the_size_becomes(database_url: str, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        insert_task(connection, 1, filename="a name that is long " * 5 + ".avi")
        executor(connection, host="node-with-a-long-name." * 6)
    environment = {"MEDIAPROC_DATABASE_URL": database_url, "MEDIAPROC_HOME": str(tmp_path)}
    with terminals(tmp_path, columns=100, environment=environment) as screens:
        screen = screens.run("status", "--watch", "--interval", "0.2")
        before = screen.shows("node-with")
        screens.ask("resize-window", "-t", screen.pane, "-x", "60", "-y", "12")
        after = screen.shows("lines more than fit here")
        assert max(map(len, before)) > 60 >= max(map(len, after))
        assert not screen.goes_on_in_a_second_row()
        # Not by the keyboard, which would interrupt the shell that tells the exit code.
        (command,) = psutil.Process(int(screens.ask("display", "-p", "-t", screen.pane, "#{pane_pid}"))).children()
        command.send_signal(signal.SIGINT)
        assert screen.ended() == 0


def test_a_healthcheck_does_not_stay(site: Command) -> None:
    ran = site("status", "--here", "--watch")
    assert ran.code == 2
    assert "leave it or --watch out" in ran.err
