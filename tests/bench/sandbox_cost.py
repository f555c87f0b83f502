"""The CPU cost of the sandbox for a child that does nothing, and for an attempt, which has several children.

Namespaces cost twice as much under one kernel as under another. So the cost of a minimal bubblewrap is measured too,
as the reference for ours.

The probe at enqueue is one more child for each file, whatever its profiles and attempts, and is reported apart.
"""

import os
import statistics
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from unittest.mock import patch

from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import ChildSandbox, Rlimits, Sandbox
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.ffmpeg.watchdog import WatchdogLimits
from tests.attacks.attack_folder import make_clip
from tests.bench.goal import beside_goal

# A program that does nothing, so that only its surroundings are measured.
_NOTHING = Path("/usr/bin/true")
_RLIMITS = Rlimits(memory=512 * 1024**2, data=512 * 1024**2, cpu=60)
# A minimal bubblewrap: the same namespaces around the machine's whole file system.
_BAREST = ("--unshare-all", "--ro-bind", "/", "/", "--as-pid-1", "--")
# The cost with limits only, as a ratio to a child that does nothing, and in bubblewrap, as a ratio to a minimal one.
_GOAL_TIMES, _GOAL_BAREST = 7.0, 3.0


def bench(short: bool) -> int:
    """Medians of 101 runs (11 when short), user and system, all processes of the chain."""
    runs = 11 if short else 101
    print(f"The sandbox around one child ({runs} runs, medians of milliseconds of CPU)")
    at_enqueue, in_attempt = children_of_a_task()
    limits, isolation = (find_sandbox(setting, tool=_NOTHING) for setting in ("off", "require"))
    alone, barest, limited, isolated = medians_in_turn(
        [
            partial(cpu_seconds, [str(_NOTHING)]),
            partial(cpu_seconds, [str(isolation.programs.bwrap), *_BAREST, str(_NOTHING)]),
            partial(cpu_seconds_in, limits),
            partial(cpu_seconds_in, isolation),
        ],
        runs=runs,
    )
    print(f"  a child that does nothing, alone {alone:6.2f}")
    for name, with_it, measure, reference, goal in (
        ("limits only", limited, alone, "it alone", _GOAL_TIMES),
        ("bubblewrap and limits", isolated, barest, f"bubblewrap at its barest, {barest:.2f}", _GOAL_BAREST),
    ):
        cost = with_it - alone
        print(
            f"  {name:32} {cost:6.2f} more, {with_it / measure:.1f} times {reference}"
            f" ({beside_goal(with_it / measure, goal=goal)});"
            f" {in_attempt} children of an attempt that encodes: {in_attempt * cost:.1f},"
            f" and {at_enqueue} at enqueue: {at_enqueue * cost:.1f}"
        )
    return 0


def children_of_a_task() -> tuple[int, int]:
    """How many children the enqueue of a short avi starts, and how many an attempt: transcode, verify."""
    tools, stop = find_tools(ffmpeg=None, ffprobe=None), Event()
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffprobe))
    with (
        TemporaryDirectory() as folder,
        patch.object(ChildSandbox, "command", autospec=True, side_effect=ChildSandbox.command) as started,
    ):
        source, output = Path(folder) / "source", Path(folder) / "output"
        source.write_bytes(make_clip(tools.ffmpeg, ("-c:v", "mpeg4"), "avi"))
        probe = runner.probe(source, stop=stop)
        at_enqueue = started.call_count
        plan = make_plan(probe, profile=profile_named("mp4"), threads=1)
        variant = plan.variants[-1]
        runner.transcode(plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop)
        runner.verify(output, source=source, plan=plan, variant=variant, stop=stop)
        return at_enqueue, started.call_count - at_enqueue


def medians_in_turn(measured: Sequence[Callable[[], float]], *, runs: int) -> list[float]:
    """Median milliseconds of each over many runs, in turns, so that other work of the machine slows down all alike."""
    rounds = [[one() for one in measured] for _ in range(runs)]
    return [1000 * statistics.median(seconds) for seconds in zip(*rounds, strict=True)]


def cpu_seconds(command: Sequence[str]) -> float:
    """The CPU seconds of a program without a sandbox."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def cpu_seconds_in(sandbox: Sandbox) -> float:
    """The CPU seconds of the program that does nothing, confined as an attempt's children are."""
    command = sandbox.for_child().command(_NOTHING, arguments=(), rlimits=_RLIMITS)
    ended = run(command, limits=WatchdogLimits(wall=60), stop=Event(), on_output=lambda _: None)
    if ended.code != 0:
        raise RuntimeError(f"the sandbox ended with {ended.code}: {ended.log_tail}")
    return ended.cpu_seconds
