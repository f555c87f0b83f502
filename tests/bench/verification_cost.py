"""The CPU time of verifying an encode, as a part of the encode's, for short and long clips of two sizes."""

import statistics
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg import cpu_time
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools

_SIZES, _SECONDS = ("640x360", "1280x720"), (0.2, 2.0, 10.0, 30.0)
_SHORT_SIZES, _SHORT_SECONDS = ("640x360",), (0.2, 2.0)

# The goals: a verification of a film, as a part of its encode; and all of a clip's, with its start (CPU s).
_GOAL, _GOAL_OF_A_CLIP, _CLIP = 0.05, 0.115, 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """CPU seconds of the encode, and of its verification: of the first file of its kind, and of a later one."""

    encode: float
    first: float
    later: float


def bench(short: bool) -> int:
    """Medians of 5 rounds (1 when short), encode and verification in turns."""
    tools = find_tools(ffmpeg=None, ffprobe=None)
    rounds = 1 if short else 5
    print(f"CPU of a verification and of its encode ({rounds} rounds, medians; goal: {_GOAL:.0%} of the encode)")
    with TemporaryDirectory() as folder:
        for size in _SHORT_SIZES if short else _SIZES:
            for seconds in _SHORT_SECONDS if short else _SECONDS:
                source = _clip(tools, Path(folder) / f"{size}-{seconds}.avi", size=size, seconds=seconds)
                found = _measured(tools, source, rounds=rounds)
                print(f"  {size:>8}, {seconds:4} s: {_told(found, seconds=seconds)}")
    return 0


def _told(found: Measured, *, seconds: float) -> str:
    ratio = found.later / found.encode
    is_clip = seconds < _CLIP
    falls_short = found.later > _GOAL_OF_A_CLIP if is_clip else ratio > _GOAL
    goal = f"goal {_GOAL_OF_A_CLIP * 1000:.0f} ms" if is_clip else f"goal {_GOAL:.0%}"
    return (
        f"encode {found.encode:6.2f} s, its verification {found.later * 1000:5.0f} ms, {ratio:.3f} times it ({goal}"
        f"{', falls short' if falls_short else ''}); the first of its kind {found.first * 1000:5.0f} ms"
    )


def _measured(tools: Tools, source: Path, *, rounds: int) -> Measured:
    runs = [_one(tools, source) for _ in range(rounds)]
    return Measured(
        encode=statistics.median(run.encode for run in runs),
        first=statistics.median(run.first for run in runs),
        later=statistics.median(run.later for run in runs),
    )


def _one(tools: Tools, source: Path) -> Measured:
    runner, stop = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg)), threading.Event()
    plan: Plan = make_plan(runner.probe(source, stop=stop), profile=profile_named("mp4"), threads=1)
    variant, output = plan.variants[0], source.with_suffix(".out.mp4")
    report = runner.transcode(
        plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
    )
    costs = []
    for _ in range(2):
        spent = cpu_time.Spent()
        with cpu_time.metered(spent):
            runner.verify(output, source=source, plan=plan, variant=variant, stop=stop, run=report)
        costs.append(spent.seconds)
    output.unlink()
    return Measured(encode=report.cpu_seconds, first=costs[0], later=costs[1])


def _clip(tools: Tools, path: Path, *, size: str, seconds: float) -> Path:
    picture = f"testsrc2=s={size}:r=25:d={seconds},noise=alls=12:allf=t"
    sound = f"sine=d={seconds}:r=44100,tremolo=f=3:d=0.7"
    codecs = ("-pix_fmt", "yuv420p", "-c:v", "mpeg4", "-q:v", "4", "-c:a", "libmp3lame")
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    subprocess.run([str(tools.ffmpeg), "-v", "error", *inputs, *codecs, str(path)], check=True)
    return path
