"""An executor is killed while its children are being confined: none of them stays, however far it had come."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ffmpeg.processes import all_end

# Starts children without end, three at a time; what stands before their command line is the second argument.
EXECUTOR = """
import sys, threading
from pathlib import Path
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.vigil import Patience
from mediaproc.ffmpeg.detection import find_sandbox
from mediaproc.ffmpeg.sandbox import Rlimits

source, *before = sys.argv[1:]
nothing = Path("/usr/bin/true")
sandbox = find_sandbox("require", tool=nothing)

def start():
    while True:
        room = sandbox.room(source=Path(source))
        command = room.command(nothing, arguments=(), rlimits=Rlimits(memory=512 * 1024**2, cpu=60))
        run([*before, *command], patience=Patience(wall=60), stop=threading.Event(), on_output=lambda _: None)

print("started", flush=True)
for _ in range(3):
    threading.Thread(target=start).start()
"""

# Longer than a child takes to be confined (s).
_LONGEST = 0.03


def test_no_child_stays_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.touch()
    dice = random.Random(11)  # noqa: S311 - no secret
    for _ in range(60):
        assert all_end(_left_by_a_killed_executor(source, dice=dice), within=10)


def test_a_child_that_is_killed_as_it_makes_its_namespaces_would_leave_one(tmp_path: Path) -> None:
    """The negative control: the kernel's signal, set before bubblewrap begins, hits it at any moment."""
    setpriv = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")
    source = tmp_path / "source"
    source.touch()
    dice = random.Random(11)  # noqa: S311 - no secret
    for _ in range(300):
        left = _left_by_a_killed_executor(source, *setpriv, dice=dice)
        if not all_end(left, within=1):
            for pid in left & _children_with(source):
                os.kill(pid, signal.SIGKILL)
            return
    pytest.fail("none stayed behind: the test above proves nothing")


def _left_by_a_killed_executor(source: Path, *before: str, dice: random.Random) -> set[int]:
    """The children that are there when it is dead."""
    command = [sys.executable, "-c", EXECUTOR, str(source), *before]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as executor:
        assert executor.stdout is not None
        assert executor.stdout.readline() == b"started\n"
        time.sleep(dice.uniform(0, _LONGEST))
        executor.kill()
        executor.wait()
        return _children_with(source)


def _children_with(source: Path) -> set[int]:
    """Every process, also one in another session, that was told of this source."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if os.fsencode(source) in command.split(b"\0"):
                found.add(int(folder.name))
    return found
