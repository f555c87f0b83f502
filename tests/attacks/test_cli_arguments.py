"""Any command line gets a sentence and an exit code: no traceback, no control character."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest
import structlog

from mediaproc.cli.main import run
from mediaproc.config import Settings
from tests.attacks.makers.names import deceives

CASES = 250
PAIRS = 300

# `executor` always gets an invalid shard: with a valid one it would run until it is stopped.
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
    *("x" * 300, "%", "%00", "file:///tmp/%00x", "file:///proc/none", "postgresql://u:p@a..b/x"),
    *(
        "postgresql://u:p@" + "x" * 64 + "/x",
        "postgresql://u:p@[::1/x",
        "postgresql:///x?host=a..b",
        "minio://a:b@a..b/b",
    ),
    *("minio://a:b@" + "x" * 64 + "/bucket", "minio://a:b@\udcff/bucket", "minio://a:b@h:0/bucket"),
    *("file:///tmp/none", "postgresql://u:p@127.0.0.1:1/none", "🎬.avi", "..", "~", "*", "[", "{}", "\\"),
)

# Without the log level, which would change the logs of later tests.
_SETTINGS = sorted(set(Settings.model_fields) - {"log_level"})


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
    # The case's number is the seed.
    codes = Counter(_code_of(_arguments(Random(case)), capfd) for case in range(CASES))  # noqa: S311
    assert {0, 1, 2} <= set(codes), codes


@pytest.mark.usefixtures("site")
def test_every_setting_gets_an_answer_to_every_hostile_value(capfd: pytest.CaptureFixture[str]) -> None:
    pairs = list(product(_SETTINGS, _VALUES))
    codes = Counter(
        _code_of(["transcode", "none.avi", "--out", "out", f"--{name.replace('_', '-')}={value}"], capfd)
        for name, value in Random(PAIRS).sample(pairs, PAIRS)  # noqa: S311 - always the same
    )
    assert {1, 2, 3} <= set(codes), codes


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("value", _VALUES, ids=range(len(_VALUES)))
def test_a_place_for_results_gets_an_answer(value: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("uploads/deeper").mkdir(parents=True)
    Path("uploads/deeper/letter.avi").write_text("Dear film", encoding="utf-8")
    _code_of(["transcode", "uploads", f"--out={value}"], capfd)


def _code_of(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> int:
    try:
        code = run(arguments)
    except BaseException as error:
        error.add_note(f"{arguments!r}")
        raise
    out, err = capfd.readouterr()
    assert code in {0, 1, 2, 3}, f"{arguments!r}"
    assert "Traceback" not in err
    assert not deceives(out + err), f"{arguments!r}: {out + err!r}"
    assert code == 0 or (out + err).strip(), f"{arguments!r}: no answer"
    return code


def _arguments(random: Random) -> list[str]:
    words = [random.choice((*_OPTIONS, *_VALUES, *_VALUES)) for _ in range(random.randrange(5))]
    return [*random.choice(_COMMANDS), *words]
