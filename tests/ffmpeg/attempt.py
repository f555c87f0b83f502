"""One source's way through the runner, for the tests of its steps."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

from mediaproc.core.plan import Plan, Variant, make_plan
from mediaproc.core.profile import profile_named
from mediaproc.core.progress import Progress
from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from tests.ffmpeg.processes import pid_named


class Attempt:
    """One source's way through the runner."""

    def __init__(self, runner: FfmpegRunner, source: Path, output: Path, *, profile: str = "mp4") -> None:
        self.runner, self.source, self.output = runner, source, output
        self.stop = threading.Event()
        probe = runner.probe(source, stop=self.stop)
        self.plan: Plan = make_plan(probe, profile=profile_named(profile), threads=1)
        self.variant: Variant = self.plan.variants[0]

    def transcode(self, on_progress: Callable[[Progress], None] = lambda _: None) -> RunReport:
        return self.runner.transcode(
            self.plan,
            variant=self.variant,
            source=self.source,
            output=self.output,
            on_progress=on_progress,
            stop=self.stop,
        )

    def verdict(self) -> VerificationResult:
        return self.runner.verify(
            self.output, source=self.source, plan=self.plan, variant=self.variant, stop=self.stop
        ).result


def signal_at_first_progress(number: signal.Signals) -> Callable[[Progress], None]:
    """Sends the signal at the first progress only: more progress may be read when ffmpeg is gone already."""
    first = iter([number])

    def on_progress(_: Progress) -> None:
        for each in first:
            os.kill(pid_named("ffmpeg", below=os.getpid()), each)

    return on_progress


def noise_in_place_of_media(clip: bytes) -> bytes:
    """The clip with the contents of its mdat replaced by noise, its length kept."""
    start = clip.index(b"mdat") + 4
    length = int.from_bytes(clip[start - 8 : start - 4], "big") - 8
    return clip[:start] + repeatable_noise(length) + clip[start + length :]


def repeatable_noise(length: int) -> bytes:
    """The same noise at every call: other noise might by chance pass for sound or for a picture."""
    return Random(length).randbytes(length)  # noqa: S311 - no secret
