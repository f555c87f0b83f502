"""Progress bars are for terminals, and the names in them are harmless."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.clips import slow_clip
from tests.parts.terminals import read_terminal


@pytest.mark.parametrize("on_a_terminal", [True, False])
def test_bars_are_drawn_for_a_terminal_and_never_into_a_pipe(tmp_path: Path, *, on_a_terminal: bool) -> None:
    slow_clip(tmp_path / "in" / "slow \x1b[31mred.avi")
    ours, theirs = pty.openpty() if on_a_terminal else os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mediaproc", "transcode", tmp_path / "in", "--out", tmp_path / "out"),
            *("--home", tmp_path / "home"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    drawn = b"".join(iter(lambda: read_terminal(ours), b"")).decode()
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert ("0 of 1 done" in drawn) is on_a_terminal
    assert ("\\x1b[31mred" in drawn) is on_a_terminal
    assert "\x1b[31mred" not in drawn
