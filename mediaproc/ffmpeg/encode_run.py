"""One run of ffmpeg that writes a file: watched, bounded, and what its end means."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, ErrorClass, Unavailable
from mediaproc.core.plan.model import Plan
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg import failure
from mediaproc.ffmpeg.child import Ended, run
from mediaproc.ffmpeg.error_log import LOG_LEVEL, ErrorLog
from mediaproc.ffmpeg.output_file import file_limit, footprint, make_empty
from mediaproc.ffmpeg.progress_reader import ProgressReader
from mediaproc.ffmpeg.sandbox import ChildSandbox, Rlimits
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# Without -nostdin a `q` on standard input ends an encode early with exit 0; the banner would fill the log's tail.
GLOBAL_OPTIONS = ("-hide_banner", "-nostdin", "-y", *LOG_LEVEL, "-progress", "pipe:1", "-stats_period", "0.5")


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """The log and the cost of one run of ffmpeg; the CPU seconds are of all its threads.

    `damaged_pictures` are those that the decoder itself reported, `dropped_pictures` those that ffmpeg left out.
    """

    log_tail: str
    cpu_seconds: float
    wall_seconds: float
    damaged_pictures: int = 0
    dropped_pictures: int = 0

    @property
    def complained(self) -> bool:
        """Whether ffmpeg logged errors of the source, though it went on to the end."""
        return bool(self.log_tail)


@dataclass(frozen=True, kw_only=True)
class EncodeRun:
    """An ffmpeg that is to write `output` within `wall` seconds, and to make progress every `stall` seconds.

    `arguments` stand between the global options and the output; `plan` is the one that it is part of.
    """

    ffmpeg: Path
    plan: Plan
    arguments: Sequence[str]
    output: Path
    # Bytes that a rendition may have.
    max_size: int
    wall: float
    stall: float
    # Seconds, for the progress.
    duration: float | None

    def ended(
        self,
        confined: ChildSandbox,
        *,
        rlimits: Callable[[int], Rlimits],
        on_progress: Callable[[Progress], None],
        stop: threading.Event,
    ) -> tuple[RunReport, AttemptFailed | Unavailable | None]:
        """What it cost, and why it failed by itself, if it did; `rlimits` takes the most bytes that it may write.

        Raises AttemptFailed, Unavailable, PartMissing, Stopped where it was ended, or crashed.
        """
        make_empty(self.output)
        file_size, is_disk_bound = file_limit(self.output, max_size=self.max_size)
        reader, error_log = ProgressReader(self.duration, on_progress=on_progress), ErrorLog()
        ended = run(
            confined.command(
                self.ffmpeg,
                arguments=(*GLOBAL_OPTIONS, *self.arguments, confined.output_url),
                rlimits=rlimits(file_size),
            ),
            limits=WatchdogLimits(
                wall=self.wall, stall=self.stall, pulse=lambda: (reader.latest, footprint(self.output))
            ),
            stop=stop,
            on_output=reader.read,
            keep=error_log.keep,
        )
        failure.refuse_short_of_memory(
            ended, has_asked_for_memory=error_log.has_asked_for_memory, plan=self.plan, program="ffmpeg"
        )
        self._refuse(ended, confined=confined, is_disk_bound=is_disk_bound)
        report = RunReport(
            log_tail=ended.log_tail,
            cpu_seconds=ended.cpu_seconds,
            wall_seconds=ended.wall_seconds,
            damaged_pictures=error_log.damaged_pictures,
            dropped_pictures=reader.dropped,
        )
        return report, failure.transcode_failure(ended, output=self.output, expected=self.plan.output_estimate)

    def _refuse(self, ended: Ended, *, confined: ChildSandbox, is_disk_bound: bool) -> None:
        error = failure.refusal(ended, program="ffmpeg", sandbox=confined.sandbox)
        if isinstance(error, AttemptFailed) and error.error_class is ErrorClass.OUTPUT_TOO_LARGE and is_disk_bound:
            raise failure.no_room(ended, output=self.output, expected=self.plan.output_estimate)
        if error is not None:
            raise error
