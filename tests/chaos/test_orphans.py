"""A process that an executor leaves running is found, also when its parent has ended."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.chaos.orphans import adopt_orphans, left_running, outlived

# This program starts a child called ffmpeg and ends; the child goes on.
LEAVING = """
import subprocess, sys
print(subprocess.Popen(["ffmpeg", "600"], executable=sys.argv[1]).pid, flush=True)
"""


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[psutil.Process]:
    """A process called ffmpeg whose parent has ended."""
    program = tmp_path / "ffmpeg"
    shutil.copy(shutil.which("sleep") or "sleep", program)
    with adopt_orphans():
        pid = tmp_path / "pid"
        with pid.open("w") as told:
            subprocess.run([sys.executable, "-c", LEAVING, str(program)], check=True, stdout=told)
        process = psutil.Process(int(pid.read_text()))
        yield process
        with suppress(psutil.NoSuchProcess):
            process.kill()
        assert outlived([process]) == []


def test_an_orphaned_ffmpeg_is_found(orphan: psutil.Process) -> None:
    assert f"ffmpeg {orphan.pid}" in left_running()


def test_an_ffmpeg_that_outlives_its_executor_is_told(orphan: psutil.Process) -> None:
    assert outlived([orphan], patience=0.1) == [f"ffmpeg {orphan.pid}"]


def test_an_ffmpeg_that_ended_is_not_left_running(orphan: psutil.Process) -> None:
    orphan.kill()
    assert outlived([orphan]) == []
    assert left_running() == []
