"""Commands run as a person runs them, in this process."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, Engine

from mediaproc.cli.main import run
from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.embedded.cluster import USER
from mediaproc.executor.listening import THREAD_NAME
from tests.cli.clips import make_clip
from tests.parts.postgres import WHOLE_SITE, as_role
from tests.parts.settings import is_setting


@dataclass(frozen=True, kw_only=True)
class Ran:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]

# The database user of each command; other commands run as the tables' owner.
USERS = {
    "executor": DEFAULT_NAMES["executor"],
    "compensate": DEFAULT_NAMES["executor"],
    "prune": DEFAULT_NAMES["executor"],
    "enqueue": DEFAULT_NAMES["enqueuer"],
    "status": DEFAULT_NAMES["operator"],
    "tasks": DEFAULT_NAMES["operator"],
    "pause": DEFAULT_NAMES["operator"],
    "resume": DEFAULT_NAMES["operator"],
    "schedules": DEFAULT_NAMES["operator"],
    "webhooks": DEFAULT_NAMES["operator"],
    "token": DEFAULT_NAMES["operator"],
    "files": DEFAULT_NAMES["operator"],
    "doctor": DEFAULT_NAMES["executor"],
    "transcode": WHOLE_SITE,
}


@pytest.fixture
def command(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `mediaproc` with a home of its own and no other setting."""
    for name in filter(is_setting, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDIAPROC_HOME", str(tmp_path / "home"))

    def run_it(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        # A listener closes its connection within a second of its executor's end: before that the database cannot go.
        for thread in threading.enumerate():
            if thread.name == THREAD_NAME:
                thread.join(timeout=10)
        out, err = capfd.readouterr()
        return Ran(code=code, out=out, err=err)

    yield run_it
    # The command set up logging to a stream that ends with this test.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.fixture
def site(command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `mediaproc` with a configured database, each command as the database user that it is meant for."""
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", database_url)

    def run_as_its_user(*arguments: object) -> Ran:
        name = str(arguments[0]) if arguments else ""
        with pytest.MonkeyPatch.context() as given:
            # A test may have set another database, or none.
            if os.environ.get("MEDIAPROC_DATABASE_URL") == database_url:
                given.setenv("MEDIAPROC_DATABASE_URL", as_role(database_url, USERS.get(name, USER)))
            return command(*arguments)

    return run_as_its_user


@pytest.fixture
def rows(engine: Engine) -> Iterator[Connection]:
    """A connection that commits each statement, so that the commands see its rows."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@pytest.fixture
def old_videos(tmp_path: Path) -> Path:
    """Two films, one of them in a folder, a text with a film's name, and an empty file."""
    folder = tmp_path / "old videos"
    make_clip(folder / "holiday.avi", seed=1)
    make_clip(folder / "电影" / "假期.avi", seed=2)
    (folder / "letter.avi").write_text("Dear film, " * 100, encoding="utf-8")
    (folder / "empty.mov").touch()
    (folder / ".hidden").write_text("not looked at", encoding="utf-8")
    return folder
