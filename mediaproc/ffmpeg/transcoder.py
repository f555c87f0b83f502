"""ffmpeg on one source: the transcode, its progress, its limits, and what its failure means."""

import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, Unavailable
from mediaproc.core.ffmpeg_memory import LIBRARIES, STACKS_PER_THREAD
from mediaproc.core.limits import DISK_FLOOR
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.progress import Progress, ProgressParser
from mediaproc.ffmpeg import failure
from mediaproc.ffmpeg.child import Ended, run
from mediaproc.ffmpeg.error_log import LOG_LEVEL, ErrorLog
from mediaproc.ffmpeg.lines import Lines
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# How many processes and threads a child may have.
_BASE_PROCESSES, _PROCESSES_PER_THREAD = 32, 8

# Without -nostdin a `q` on standard input ends an encode early with exit 0; the banner would fill the log's tail.
_GLOBAL = ("-hide_banner", "-nostdin", "-y", *LOG_LEVEL, "-progress", "pipe:1", "-stats_period", "0.5")

# The limit of file size leaves room for the index, which ffmpeg writes after it stopped at -fs (ratio, bytes).
_SIZE_SLACK, _SIZE_MARGIN = 1.05, 16 * 1024 * 1024

_DECODE_TEST_WALL = 120.0
_MOST_OF_A_LINE = 4_096


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
        try:
            output.touch()  # bubblewrap shows the child this one file and not its folder
        except OSError as error:
            raise Unavailable(
                f"The scratch folder {output.parent} cannot be written ({error.strerror}).",
                error_class=ErrorClass.DISK_FULL,
            ) from error
        confined = self.sandbox.for_child(source=source, output=output)
        reader = _ProgressReader(plan.duration, on_progress=on_progress)
        file_size, disk_bound = _file_limit(output, max_size=variant.expectation.limits.max_output_bytes)
        command = confined.command(
            self.ffmpeg,
            arguments=(
                *_GLOBAL,
                *plan.input_arguments(variant),
                *("-i", confined.source_url),
                *variant.output_arguments,
                confined.output_url,
            ),
            rlimits=rlimits_for(plan, variant=variant, wall=plan.wall_limit, file_size=file_size),
        )
        time_limits = WatchdogLimits(
            wall=plan.wall_limit, stall=self.stall_limit, pulse=lambda: (reader.latest, _footprint(output))
        )
        error_log = ErrorLog()
        ended = run(command, limits=time_limits, stop=stop, on_output=reader.read, keep=error_log.keep)
        failure.refuse_short_of_memory(
            ended, has_asked_for_memory=error_log.has_asked_for_memory, plan=plan, program="ffmpeg"
        )
        self._refuse(ended, plan=plan, variant=variant, source=source, output=output, disk_bound=disk_bound, stop=stop)
        return RunReport(
            log_tail=ended.log_tail,
            cpu_seconds=ended.cpu_seconds,
            wall_seconds=ended.wall_seconds,
            damaged_pictures=error_log.damaged_pictures,
            dropped_pictures=reader.dropped,
        )

    def _refuse(
        self,
        ended: Ended,
        *,
        plan: Plan,
        variant: Variant,
        source: Path,
        output: Path,
        disk_bound: bool,
        stop: threading.Event,
    ) -> None:
        error = failure.refusal(ended, program="ffmpeg", sandbox=self.sandbox)
        if isinstance(error, AttemptFailed) and error.error_class is ErrorClass.OUTPUT_TOO_LARGE and disk_bound:
            raise failure.no_room(ended, output=output, expected=plan.output_estimate)
        if error is not None:
            raise error
        failed = failure.transcode_failure(ended, output=output, expected=plan.output_estimate)
        if failed is None:
            return
        if isinstance(failed, AttemptFailed) and variant.expectation.is_last:
            self._refuse_undecodable(plan, variant=variant, source=source, stop=stop)
        raise failed

    def _refuse_undecodable(self, plan: Plan, *, variant: Variant, source: Path, stop: threading.Event) -> None:
        """Raises BadSource where not one picture (or second of sound) of the source can be decoded."""
        confined = self.sandbox.for_child(source=source)
        reader = _ProgressReader(None, on_progress=lambda _: None)
        command = confined.command(
            self.ffmpeg,
            arguments=(
                *_GLOBAL,
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


class _ProgressReader:
    """Reads standard output, line by line, into Progress; the watchdog sees a stall where `latest` stays the same."""

    def __init__(self, duration: float | None, *, on_progress: Callable[[Progress], None]) -> None:
        self.latest: Progress | None = None
        self.dropped = 0
        self._parser = ProgressParser(duration)
        self._on_progress = on_progress
        self._lines = Lines(most=_MOST_OF_A_LINE)

    def read(self, chunk: bytes) -> None:
        for line in self._lines.whole(chunk):
            progress = self._parser.feed(line.decode(errors="replace"))
            if progress is not None:
                self._see(progress)

    def _see(self, progress: Progress) -> None:
        self.dropped = progress.dropped
        # Only what ffmpeg wrote counts as progress: speed and time left change during a stall too.
        moved = (progress.seconds, progress.frames, progress.size)
        if self.latest is None or moved != (self.latest.seconds, self.latest.frames, self.latest.size):
            self.latest = progress
        self._on_progress(progress)


def _footprint(output: Path) -> tuple[int, int]:
    """Changes while ffmpeg rewrites a long file to put its index first, during which it reports no progress."""
    try:
        facts = output.stat()
    except FileNotFoundError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


def _file_limit(output: Path, *, max_size: int) -> tuple[int, bool]:
    """How large the output may become (bytes), and whether the disk sets that limit and not the plan."""
    facts = os.statvfs(output.parent)
    wanted = int(max_size * _SIZE_SLACK) + _SIZE_MARGIN
    room = max(_SIZE_MARGIN, facts.f_bavail * facts.f_frsize - DISK_FLOOR)
    return min(wanted, room), room < wanted


def rlimits_for(plan: Plan, *, variant: Variant, wall: float, file_size: int = 0, inputs: int = 1) -> Rlimits:
    """What the kernel holds one ffmpeg of this plan to; the CPU limit ends one whose executor does not watch it.

    It may write to the memory that the plan was admitted with, and to its threads' stacks: `inputs` times as many, of
    which hardly any is ever used.
    """
    threads = _threads(variant)
    data = plan.memory + inputs * threads * STACKS_PER_THREAD
    return Rlimits(
        memory=LIBRARIES + data,
        data=data,
        cpu=math.ceil(wall) * (os.cpu_count() or 1),
        file_size=file_size,
        processes=_BASE_PROCESSES + threads * _PROCESSES_PER_THREAD,
    )


def _threads(variant: Variant) -> int:
    arguments = variant.input_arguments
    return int(arguments[arguments.index("-threads") + 1]) if "-threads" in arguments else 1
