"""Bars, table and status in a terminal of a given width, with names that try it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from mediaproc.core.text import cells
from tests.cli.clips import make_clip
from tests.cli.conftest import Command

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NAMES = ("假期 第一部分 在海边.avi", "שלום עולם.avi", "é" * 125 + "x.avi")


def _drawn(*arguments: object, columns: int) -> list[str]:
    """Every line that a command draws on a terminal of so many columns, each time that it does."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    told = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "mediaproc", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=told | {"TERM": "xterm-256color"},
    )
    os.close(theirs)
    read = b""
    try:
        while True:
            read += os.read(ours, 65536)
    except OSError:
        # Its last user has gone.
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = _ESCAPES.sub("", read.decode())
    assert "\x1b" not in text
    return re.split(r"[\r\n]+", text)


@pytest.mark.parametrize("columns", [80, 200])
def test_bars_table_and_status_fit_the_terminal_whatever_the_names(site: Command, tmp_path: Path, columns: int) -> None:
    for seed, name in enumerate(_NAMES):
        # Named afterwards: ffmpeg takes no name of every length.
        make_clip(tmp_path / "film.avi", seconds=20, size="640x480", seed=seed)
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "film.avi").rename(tmp_path / "in" / name)
    site("enqueue", tmp_path / "in")
    lines = _drawn("transcode", tmp_path / "in", "--out", tmp_path / "out", columns=columns)
    assert max(map(cells, lines)) <= columns
    bars = [line for line in lines if " left" in line and "/s" in line]
    assert any("of 3 done" in line for line in lines)
    assert bars, "no bar told how fast it goes, and how long it will"
    table = lines[max(at for at, line in enumerate(lines) if line.startswith("file ")) :]
    for name in _NAMES:
        row = next(line for line in table if line.startswith(name[:4]))
        assert "verified" in row
        assert row.startswith(name if columns == 200 and len(name) < 60 else name[:4]), row
        assert ".avi" in row, "a long name loses its middle, not its end"
    columns_of_outcome = {cells(re.split("outcome|verified", line)[0]) for line in table[:4]}
    assert len(columns_of_outcome) == 1, table
    assert max(map(cells, _drawn("status", columns=columns))) <= columns
    assert max(map(cells, _drawn("tasks", "list", "--all", columns=columns))) <= columns
