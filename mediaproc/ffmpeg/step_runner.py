"""The steps of a plan with several inputs, one after the other in the room of the attempt."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mediaproc.clock import elapsed
from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.progress import Progress, StepsProgress
from mediaproc.core.safe_text import shown
from mediaproc.core.step import Step
from mediaproc.core.step_arguments import step_arguments
from mediaproc.ffmpeg.child import LOG_TAIL_LIMIT
from mediaproc.ffmpeg.encode_limits import rlimits_for_step
from mediaproc.ffmpeg.encode_run import EncodeRun, RunReport
from mediaproc.ffmpeg.room import place_in, write_texts
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.tools import Tools

# Seconds that a step gets at the least, also when those before it have used up nearly all of the plan's limit.
_SHORTEST_WALL = 1.0
_MOST_OF_A_NAME = 80


@dataclass(frozen=True, kw_only=True)
class StepRunner:
    """Runs steps; `stall_limit` is how long one may make no progress (seconds)."""

    tools: Tools
    sandbox: Sandbox
    limits: Limits
    stall_limit: float

    def run_all(
        self,
        plan: Plan,
        *,
        variant: Variant,
        room: Path,
        output: Path,
        on_progress: Callable[[Progress], None],
        stop: threading.Event,
    ) -> RunReport:
        """Makes `output`, which the last step writes; what the others write stays in the room."""
        write_texts(room, plan.texts)
        progress, end = StepsProgress(variant.steps, duration=plan.duration), elapsed() + plan.wall_limit
        reports = []
        for place, step in enumerate(variant.steps):
            is_last = place == len(variant.steps) - 1
            report = self.run(
                step,
                plan=plan,
                room=room,
                # A step sees its room, but cannot write there: what it makes is moved in.
                output=output if is_last else output.with_name("step"),
                wall=max(_SHORTEST_WALL, end - elapsed()),
                on_progress=partial(_tell, progress, place, on_progress),
                stop=stop,
            )
            reports.append(report)
            if not is_last:
                output.with_name("step").replace(place_in(room, step.output))
        return _sum(reports)

    def run(
        self,
        step: Step,
        *,
        plan: Plan,
        room: Path,
        output: Path,
        wall: float,
        on_progress: Callable[[Progress], None],
        stop: threading.Event,
    ) -> RunReport:
        """Makes what the step makes, at `output`.

        Raises:
            AttemptFailed (which names the step), Unavailable, PartMissing, Stopped
        """
        output.unlink(missing_ok=True)
        confined = self.sandbox.for_child(room=room, output=output)
        encode = EncodeRun(
            ffmpeg=self.tools.ffmpeg,
            plan=plan,
            arguments=(
                # Otherwise a graph has as many threads as the machine has processors.
                *("-filter_complex_threads", str(step.threads)),
                *step_arguments(step, limits=self.limits, graph_option=self.tools.graph_option),
                # And so has an encoder, more of them than the child may have.
                *("-threads", str(step.threads)),
            ),
            output=output,
            max_size=self.limits.max_output_bytes,
            wall=wall,
            stall=self.stall_limit,
            duration=None,
        )
        with _named(step):
            report, failed = encode.ended(
                confined,
                rlimits=lambda file_size: rlimits_for_step(step, plan=plan, wall=wall, file_size=file_size),
                on_progress=on_progress,
                stop=stop,
            )
            if failed is not None:
                raise failed
            if not output.stat().st_size:
                raise AttemptFailed(
                    "ffmpeg made nothing.", error_class=ErrorClass.TRANSCODE_FAILED, log_tail=report.log_tail
                )
        return report


def _tell(steps: StepsProgress, place: int, on_progress: Callable[[Progress], None], told: Progress) -> None:
    on_progress(steps.of(place, told))


@contextmanager
def _named(step: Step) -> Iterator[None]:
    try:
        yield
    except AttemptFailed as error:
        raise AttemptFailed(
            f'In the step "{shown(step.name, limit=_MOST_OF_A_NAME)}": {error}',
            error_class=error.error_class,
            log_tail=error.log_tail,
        ) from error


def _sum(reports: Sequence[RunReport]) -> RunReport:
    """The report of all steps as that of one run."""
    logs = [report.log_tail for report in reports if report.log_tail]
    return RunReport(
        log_tail="\n".join(logs)[-LOG_TAIL_LIMIT:],
        cpu_seconds=sum(report.cpu_seconds for report in reports),
        wall_seconds=sum(report.wall_seconds for report in reports),
        damaged_pictures=sum(report.damaged_pictures for report in reports),
        dropped_pictures=sum(report.dropped_pictures for report in reports),
    )
