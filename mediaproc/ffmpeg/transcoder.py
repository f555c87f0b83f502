"""ffmpeg on one source: the transcode, its progress, its limits, and what its failure means."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg import failure
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.encode_limits import rlimits_for
from mediaproc.ffmpeg.encode_run import GLOBAL_OPTIONS, EncodeRun, RunReport
from mediaproc.ffmpeg.error_log import ErrorLog
from mediaproc.ffmpeg.progress_reader import ProgressReader
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

_DECODE_TEST_WALL = 120.0


@dataclass(frozen=True, kw_only=True)
class Transcoder:
    """Runs ffmpeg; `stall_limit` is how long it may make no progress (seconds)."""

    ffmpeg: Path
    sandbox: Sandbox
    stall_limit: float

    def transcode(
        self,
        plan: Plan,
        *,
        variant: Variant,
        source: Path,
        output: Path,
        on_progress: Callable[[Progress], None],
        stop: threading.Event,
    ) -> RunReport:
        """Makes `output`; after an error the caller throws away what is left of it."""
        confined = self.sandbox.for_child(source=source, output=output)
        encode = EncodeRun(
            ffmpeg=self.ffmpeg,
            plan=plan,
            arguments=(
                *plan.input_arguments(variant),
                *("-i", confined.source_url),
                *variant.output_arguments,
            ),
            output=output,
            max_size=variant.expectation.limits.max_output_bytes,
            wall=plan.wall_limit,
            stall=self.stall_limit,
            duration=plan.duration,
        )
        report, failed = encode.ended(
            confined,
            rlimits=lambda file_size: rlimits_for(plan, variant=variant, wall=plan.wall_limit, file_size=file_size),
            on_progress=on_progress,
            stop=stop,
        )
        if failed is None:
            return report
        if isinstance(failed, AttemptFailed) and variant.expectation.is_last:
            self._refuse_undecodable(plan, variant=variant, source=source, stop=stop)
        raise failed

    def _refuse_undecodable(self, plan: Plan, *, variant: Variant, source: Path, stop: threading.Event) -> None:
        """Raises BadSource where not one picture (or second of sound) of the source can be decoded."""
        confined = self.sandbox.for_child(source=source)
        reader = ProgressReader(None, on_progress=lambda _: None)
        command = confined.command(
            self.ffmpeg,
            arguments=(
                *GLOBAL_OPTIONS,
                *plan.input_arguments(variant),
                *("-i", confined.source_url),
                *plan.decode_test,
                *("-f", "null", "-"),
            ),
            rlimits=rlimits_for(plan, variant=variant, wall=_DECODE_TEST_WALL),
        )
        ended = run(
            command,
            limits=WatchdogLimits(wall=_DECODE_TEST_WALL),
            stop=stop,
            on_output=reader.read,
            keep=ErrorLog().keep,
        )
        error = failure.refusal(ended, program="ffmpeg", sandbox=self.sandbox)
        if error is not None:
            raise error
        latest = reader.latest
        if latest is None or (latest.frames == 0 and latest.seconds == 0):
            raise BadSource(
                "Nothing in the file can be decoded; upload the original recording.",
                error_class=ErrorClass.UNDECODABLE,
            )
