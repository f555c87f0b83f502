"""What the sandbox costs a child in CPU, beside a program that does nothing."""

import os
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mediaproc.ffmpeg.detection import find_sandbox
from mediaproc.ffmpeg.sandbox import Rlimits

# A program that does nothing: what is measured is what is around it.
_NOTHING = Path("/usr/bin/true")
_RLIMITS = Rlimits(memory=512 * 1024**2, cpu=60)
# Milliseconds of CPU, which other work on the machine hardly changes.
_ALLOWED = 20.0


def bench(short: bool) -> int:
    """Medians of 101 runs (11 when short), user and system, all processes of the chain."""
    runs = 11 if short else 101
    print(f"The sandbox around one child ({runs} runs, medians of milliseconds of CPU)")
    alone = cpu_milliseconds([str(_NOTHING)], runs=runs)
    print(f"  a child that does nothing, alone {alone:6.2f}")
    worst = 0.0
    for setting in ("off", "require"):
        sandbox = find_sandbox(setting, tool=_NOTHING)
        command = sandbox.room().command(_NOTHING, arguments=(), rlimits=_RLIMITS)
        cost = cpu_milliseconds(command, runs=runs) - alone
        worst = max(worst, cost)
        name = "bubblewrap and limits" if sandbox.isolates else "limits only"
        print(f"  {name:32} {cost:6.2f} more, {(alone + cost) / alone:.1f} times it alone")
    return int(worst >= _ALLOWED)


def cpu_milliseconds(command: Sequence[str], *, runs: int) -> float:
    """The median over many runs."""
    costs = []
    for _ in range(runs):
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}")
        costs.append(1000 * (usage.ru_utime + usage.ru_stime))
    return statistics.median(costs)
