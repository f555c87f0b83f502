"""One source through probe, plan, transcode and verify alone, without a database or a store."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource
from mediaproc.core.plan import Plan, Variant, make_plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import BUILT_IN
from mediaproc.core.verification import Verification
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport


@dataclass(frozen=True, kw_only=True)
class MadeRendition:
    """A rendition, with the plan, variant and report that it came from."""

    probe: Probe
    plan: Plan
    variant: Variant
    report: RunReport
    verification: Verification
    output: Path


@dataclass(frozen=True, kw_only=True)
class MediaPipeline:
    """Makes renditions in a folder with a real runner."""

    runner: FfmpegRunner
    folder: Path

    def make(self, source: Path, *, profile: str = "mp4", variants: Sequence[str] = ()) -> MadeRendition:
        """The rendition of the first variant (of those named, where some are) that passes verification."""
        stop = threading.Event()
        probe = self.runner.probe(source, stop=stop)
        plan = make_plan(probe, profile=BUILT_IN[profile], threads=1)
        output = self.folder / plan.output_name
        error: AttemptFailed | BadSource | None = None
        for variant in plan.variants:
            if variants and variant.name not in variants:
                continue
            output.unlink(missing_ok=True)
            try:
                report = self.runner.transcode(
                    plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
                )
                verification = self.runner.verify(
                    output, source=source, plan=plan, variant=variant, stop=stop, run=report
                )
            except (AttemptFailed, BadSource) as failure:
                error = failure
                continue
            return MadeRendition(
                probe=probe, plan=plan, variant=variant, report=report, verification=verification, output=output
            )
        raise error or AssertionError("no variant was tried")
