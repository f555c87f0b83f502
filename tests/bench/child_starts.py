"""The children that a clip of 0.2 s starts from its enqueue to its verification, by step and program, and their CPU."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from subprocess import Popen
from threading import Event
from unittest.mock import patch

from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.child_start import started
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.bench.goal import beside_goal
from tests.parts.clips import Clips

# Milliseconds of CPU of all children but the encode.
_GOAL = 200.0
_ENCODE = "transcode"


def bench(short: bool) -> int:
    """40 clips (3 when short), each by the calls that enqueue and an attempt make of the runner."""
    count, tools = 3 if short else 40, find_tools(ffmpeg=None, ffprobe=None)
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
    children = _Children(tools)
    with tempfile.TemporaryDirectory() as folder:
        for clip in Clips(tools.ffmpeg, Path(folder)).make_many(count, seconds=0.2):
            _take_through(clip, runner=runner, children=children, output=Path(folder) / "output.mp4")
    print(f"Children of a clip of 0.2 s, of {count} (milliseconds of CPU)")
    for (step, program), starts in children.starts.items():
        cost = 1000 * children.seconds[step, program] / count
        print(f"  {step:10} {program:8} {starts / count:4.1f} starts {cost:8.1f}")
    encode = 1000 * sum(spent for (step, _), spent in children.seconds.items() if step == _ENCODE) / count
    beside = 1000 * children.seconds.total() / count - encode
    print(f"  beside the encode {beside:.1f} ms, {beside_goal(beside, goal=_GOAL)}; {beside / encode:.2f} times it")
    return 0


def _take_through(source: Path, *, runner: FfmpegRunner, children: "_Children", output: Path) -> None:
    """As an enqueue and an attempt do it; what the attempt recalls it does not probe."""
    stop, file_id = Event(), hashlib.sha256(source.read_bytes()).hexdigest()
    with children.of("enqueue"):
        record = runner.record_of(runner.probe(source, stop=stop), file_id=file_id)
    with children.of("probe"):
        recalled = None if record is None else runner.probe_of(record, file_id=file_id)
        probe = recalled or runner.probe(source, stop=stop)
    plan = make_plan(probe, profile=profile_named("mp4"), threads=1)
    variant = plan.variants[0]
    with children.of(_ENCODE):
        run = runner.transcode(
            plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
        )
    with children.of("verify"):
        runner.verify(output, source=source, plan=plan, variant=variant, stop=stop, run=run)
    output.unlink()


class _Children:
    """What the children of each step were, and what they cost."""

    def __init__(self, tools: Tools) -> None:
        self.starts: Counter[tuple[str, str]] = Counter()
        self.seconds: Counter[tuple[str, str]] = Counter()
        self._programs = {str(tools.ffmpeg): "ffmpeg", str(tools.ffprobe): "ffprobe"}

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Counts every child that starts inside the block."""
        program = "none"

        def start(command: Sequence[str]) -> AbstractContextManager[Popen[bytes]]:
            nonlocal program
            program = next(name for word in command if (name := self._programs.get(word)))
            self.starts[step, program] += 1
            return started(command)

        def count(seconds: float) -> None:
            self.seconds[step, program] += seconds  # type: ignore[assignment] # a Counter counts in any number

        with patch("mediaproc.ffmpeg.child.started", start), patch("mediaproc.ffmpeg.cpu_time.count", count):
            yield
