"""A wall clock for one process alone, which can be wrong from the start or stepped while the process runs."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("wallclock.c")


class WallClock:
    """A library that `environment` preloads into a process; the process's other clocks are not changed."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("gcc")
        if compiler is None:
            pytest.skip("gcc is needed to give a process a wall clock of its own")
        self._library = folder / "wallclock.so"
        self._offset = folder / "wallclock.offset"
        self.step(0)
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", self._library, _SOURCE, "-ldl"], check=True)

    def step(self, seconds: int) -> None:
        """From now on the wall clock is so many seconds ahead of the true one."""
        # The file is changed in place, since the process has mapped it.
        with self._offset.open("r+b" if self._offset.exists() else "w+b") as file:
            file.write(struct.pack("q", seconds))

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "WALLCLOCK_OFFSET_FILE": str(self._offset)}
