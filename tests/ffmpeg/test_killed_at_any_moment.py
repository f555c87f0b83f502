"""An executor is killed while its children are being confined: none of them stays, however far it had come."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ffmpeg.processes import all_end

# Starts three children that never end; `guards` says which guard is off.
EXECUTOR = """
import sys, threading
from pathlib import Path
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.sandbox import Rlimits
from mediaproc.ffmpeg.watchdog import WatchdogLimits

mark, guards = sys.argv[1:]
sleep = Path("/usr/bin/sleep")
command = find_sandbox("require", tool=Path("/usr/bin/true")).for_child().command(
    sleep, arguments=(mark,), rlimits=Rlimits(memory=512 * 1024**2, data=512 * 1024**2, cpu=60)
)
if guards == "a signal from before its namespaces":
    command = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", *command]
if guards == "no signal":
    command.remove("--die-with-parent")

def start():
    run(command, limits=WatchdogLimits(wall=60), stop=threading.Event(), on_output=lambda _: None)

print("started", flush=True)
for _ in range(3):
    threading.Thread(target=start).start()
"""

# Longer than a child takes to be confined (s): at first on an idle machine, some kills later on one that is busier.
_LONGEST, _KILLS_TO_DOUBLE = 0.03, 20
# Far longer than a child takes to end after its signal (s).
_ENDED_BY_THEN = 5


def test_no_child_stays_behind() -> None:
    dice = random.Random(11)  # noqa: S311 - no secret
    for kill in range(60):
        assert all_end(_left_by_a_killed_executor(kill, "all on", dice=dice), within=_ENDED_BY_THEN)


@pytest.mark.parametrize("guards", ["a signal from before its namespaces", "no signal"])
def test_one_would_stay_behind(guards: str) -> None:
    """The negative controls, of which each takes one guard away."""
    dice = random.Random(11)  # noqa: S311 - no secret
    for kill in range(300):
        left = _left_by_a_killed_executor(kill, guards, dice=dice)
        if not all_end(left, within=_ENDED_BY_THEN):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return
    pytest.fail("none stayed behind: the test above proves nothing")


def _left_by_a_killed_executor(number: int, guards: str, *, dice: random.Random) -> set[int]:
    """The children that are alive when the executor is dead."""
    # No other process sleeps for this duration, which tells them from all others.
    mark = f"{100_000 + os.getpid()}.{number:03d}"
    command = [sys.executable, "-c", EXECUTOR, mark, guards]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as executor:
        assert executor.stdout is not None
        assert executor.stdout.readline() == b"started\n"
        time.sleep(dice.uniform(0, _LONGEST * (1 + number / _KILLS_TO_DOUBLE)))
        executor.kill()
        executor.wait()
        return _told(mark)


def _told(mark: str) -> set[int]:
    """Every process, also one in another session, that has this word in its command."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if mark.encode() in command.split(b"\0"):
                found.add(int(folder.name))
    return found
