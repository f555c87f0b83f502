"""Where memory runs out, the kernel kills a child before its executor, and the executor knows why."""

import signal
import subprocess
import sys

import pytest

from tests.parts.memory_limit import memory_limit

# The executor holds more of this memory than is left for its child (bytes).
_LIMIT, _OF_THE_EXECUTOR = 400_000_000, 280_000_000

# A process larger than its child may become starts a child that allocates without end; `guarded` or not.
_EXECUTOR = """
import sys, threading
from pathlib import Path
from mediaproc.ffmpeg import failure, sandbox
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

setting, guarded, size = sys.argv[1], sys.argv[2] == "guarded", int(sys.argv[3])
if not guarded:
    sandbox._DIE_FIRST = 'exec "$@"'
tool = Path("/usr/bin/perl").resolve()
confined = find_sandbox(setting, tool=tool)
eats = ("-e", "push @eaten, chr(97 + @eaten % 26) x 1e7 while 1")
rlimits = sandbox.Rlimits(memory=4 * 1024**3, data=4 * 1024**3, cpu=60)
command = confined.for_child().command(tool, arguments=eats, rlimits=rlimits)
held = b"x" * size
ended = run(command, limits=WatchdogLimits(wall=60), stop=threading.Event(), on_output=lambda _: None)
error = failure.refusal(ended, program="ffmpeg", sandbox=confined)
print(type(error).__name__, error.error_class, error)
"""


def _executor(setting: str, *, guarded: bool) -> subprocess.CompletedProcess[str]:
    own = [sys.executable, "-c", _EXECUTOR, setting, "guarded" if guarded else "bare", str(_OF_THE_EXECUTOR)]
    with memory_limit(_LIMIT) as limit:
        return subprocess.run(limit.within(own), capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("setting", ["require", "off"])
def test_a_child_dies_of_a_lack_of_memory_before_its_executor_which_tells_of_it(setting: str) -> None:
    ended = _executor(setting, guarded=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Unavailable memory_pressure This node ran out of memory, and its kernel killed ffm")


@pytest.mark.parametrize("setting", ["require", "off"])
def test_without_its_score_the_executor_would_die_instead(setting: str) -> None:
    """The control: without the guard the kernel kills the larger process, which is the executor."""
    assert _executor(setting, guarded=False).returncode == -signal.SIGKILL
