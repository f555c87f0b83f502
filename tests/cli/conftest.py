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

from mediaproc.cli.main import run
from tests.parts.settings import is_setting


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]


@pytest.fixture
def command(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `mediaproc` with a home of its own and no other setting."""
    for name in filter(is_setting, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDIAPROC_HOME", str(tmp_path / "home"))

    def run_it(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        # A listener lets go of its connection within a second of its executor's end; the test's database goes too.
        for thread in threading.enumerate():
            if thread.name == "ear":
                thread.join(timeout=10)
        out, err = capfd.readouterr()
        return Ran(code=code, out=out, err=err)

    yield run_it
    # The command set up logging to a stream that ends with this test.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.fixture
def site(command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same with a configured database."""
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", database_url)
    return command
