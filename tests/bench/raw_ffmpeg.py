"""The reference: `xargs -P` of raw ffmpeg with the arguments of our own plans, without sandbox and verification."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.bench.usage import Usage, measured


def encodes(tools: Tools, *, sources: Sequence[Path], folder: Path, threads: int) -> Sequence[Sequence[str]]:
    """One command for each source, also for one that mediaproc would copy; with 0 threads ffmpeg chooses how many."""
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
    folder.mkdir(exist_ok=True)
    return [
        _encode(runner, ffmpeg=tools.ffmpeg, source=source, output=folder / f"{number}.mp4", threads=threads)
        for number, source in enumerate(sources)
    ]


def _encode(runner: FfmpegRunner, *, ffmpeg: Path, source: Path, output: Path, threads: int) -> Sequence[str]:
    plan = make_plan(runner.probe(source, stop=Event()), profile=profile_named("mp4"), threads=threads)
    variant = next(variant for variant in plan.variants if variant.encodes_video)
    inputs, outputs = plan.input_arguments(variant), variant.output_arguments
    return [str(ffmpeg), "-v", "error", "-nostdin", "-y", *inputs, "-i", str(source), *outputs, str(output)]


def xargs(commands: Sequence[Sequence[str]], *, cores: int) -> Usage:
    """What it takes to run all the commands, so many at a time."""
    lines = "\0".join(f"exec {shlex.join(command)}" for command in commands)
    with measured() as usage:
        subprocess.run(
            ["/usr/bin/xargs", "-0", "-n", "1", "-P", str(cores), "sh", "-c"], input=lines.encode(), check=True
        )
    return usage
