"""Whatever is on the command line, the answer is a sentence and an exit code: no traceback, no control character."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import structlog

from mediaproc.cli.main import run
from tests.attacks.makers.names import deceives

CASES = 150

# `executor` always gets a shard that is none: it would rightly run until it is told to stop.
_COMMANDS: tuple[list[str], ...] = (
    *(
        ["enqueue"],
        ["enqueue", "--json"],
        ["transcode", "--out", "out"],
        ["status"],
        ["status", "--json"],
        ["compensate"],
    ),
    *(["tasks", "list"], ["tasks", "show"], ["tasks", "retry"], ["tasks", "cancel"], ["tasks"], ["migrate"]),
    *(["executor", "--shard", "4/2"], [], ["nonsense"], ["doctor", "--shard", "x"], ["--version"], ["--help"]),
)

_OPTIONS = (
    *("--profile", "--priority", "--json", "--force", "--all", "--out", "--config", "--home", "--slots", "--cron"),
    *("--lease", "--heartbeat", "--backoff", "--sandbox", "--log-level", "--nonsense", "-x", "--", "-", "--limit"),
    *("--until-idle", "--steal-after", "--drain-grace", "--ffmpeg", "--ffprobe", "--store-url", "--status"),
)

_VALUES = (
    *("", " ", "0", "-1", "1", "999999999999999999999", "1e999", "nan", "٣", "1/0", "0/1", "* * * * *", "mp4", "none"),
    *(
        "\x1b[2Jowned",
        "holiday\u202eiva.exe",
        "a\nERROR disk destroyed",
        "\udcff\udcfe",
        "%s%n",
        "$(id)",
        "'; DROP TABLE x",
    ),
    *(
        "x" * 5000,
        "http:evil.avi",
        "concat:a|b",
        "-y.mp4",
        "/dev/null",
        ".",
        "/etc/passwd",
        "minio://a:b@127.0.0.1:1/b",
    ),
    *("file:///tmp/none", "postgresql://u:p@127.0.0.1:1/none", "🎬.avi", "..", "~", "*", "[", "{}", "\\"),
)


@pytest.fixture
def site(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database and a directory for objects, and an empty folder to stand in."""
    monkeypatch.setenv("MEDIAPROC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", database_url)
    (tmp_path / "objects").mkdir()
    monkeypatch.setenv("MEDIAPROC_STORE_URL", f"file://{tmp_path}/objects")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)  # what `-` reads
        yield
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.mark.usefixtures("site")
def test_hostile_arguments_get_an_answer_and_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    codes: Counter[int] = Counter()
    for case in range(CASES):
        arguments = _arguments(Random(case))  # noqa: S311 - the case's number is the seed
        try:
            code = run(arguments)
        except BaseException as error:
            error.add_note(f"case {case}: {arguments!r}")
            raise
        out, err = capfd.readouterr()
        codes[code] += 1
        assert code in {0, 1, 2, 3}, f"case {case}: {arguments!r}"
        assert "Traceback" not in err
        assert not deceives(out + err), f"case {case}: {arguments!r}: {out + err!r}"
        assert code == 0 or (out + err).strip(), f"case {case}: {arguments!r}: no answer"
    assert {0, 1, 2, 3} <= set(codes), codes


def _arguments(dice: Random) -> list[str]:
    words = [dice.choice((*_OPTIONS, *_VALUES, *_VALUES)) for _ in range(dice.randrange(5))]
    return [*dice.choice(_COMMANDS), *words]
