"""What the sandbox costs a child in CPU: `python -m tests.bench.sandbox_cost`; 1 where it is 20 ms or more."""

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mediaproc.ffmpeg.detection import find_sandbox
from mediaproc.ffmpeg.sandbox import Rlimits

# A program that does nothing: what is measured is what is around it.
_NOTHING = Path("/usr/bin/true")
_RLIMITS = Rlimits(memory=512 * 1024**2, cpu=60)
_RUNS = 101
_ALLOWED = 20.0


def main() -> int:
    """Prints the medians in milliseconds of CPU (user and system, all processes of the chain)."""
    alone = cpu_milliseconds([str(_NOTHING)])
    sys.stdout.write(f"alone                {alone:6.2f} ms\n")
    worst = 0.0
    for setting in ("off", "require"):
        sandbox = find_sandbox(setting, tool=_NOTHING)
        cost = cpu_milliseconds(sandbox.room().command(_NOTHING, arguments=(), rlimits=_RLIMITS)) - alone
        worst = max(worst, cost)
        sys.stdout.write(f"{'bubblewrap' if sandbox.isolates else 'limits only':20} {cost:6.2f} ms more\n")
    return 1 if worst >= _ALLOWED else 0


def cpu_milliseconds(command: Sequence[str]) -> float:
    """The median over many runs."""
    costs = []
    for _ in range(_RUNS):
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}")
        costs.append(1000 * (usage.ru_utime + usage.ru_stime))
    return statistics.median(costs)


if __name__ == "__main__":
    sys.exit(main())
