"""How an attempt of any kind ends: each of the project's errors becomes an ending, and a bug propagates."""

from collections.abc import Callable

from mediaproc.attempt_stages import AttemptStages
from mediaproc.core.decoders import DecoderMissing
from mediaproc.core.errors import (
    AttemptFailed,
    BadSource,
    ClaimLost,
    ErrorClass,
    PartMissing,
    Stopped,
    Unavailable,
)
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.task import Outcome, Rendition, Report
from mediaproc.ffmpeg import cpu_time


def outcome_of(run: Callable[[], Rendition | Released], *, stages: AttemptStages) -> Outcome:
    """What became of the attempt that `run` makes.

    The outcome has no ending where the observer has stopped the attempt, or has found that its claim is lost: then the
    observer knows the reason.
    """
    spent = cpu_time.Spent()
    ending: Rendition | Failed | Rejected | Released | None
    try:
        with cpu_time.metered(spent):
            ending = run()
    except (Stopped, ClaimLost):
        ending = None
    except BadSource as error:
        ending = Rejected(error_class=error.error_class, error=str(error))
    except DecoderMissing as error:
        ending = Released(error_class=error.error_class, error=str(error), needs_decoders=error.codecs)
    except Unavailable as error:
        ending = Released(error_class=error.error_class, error=str(error))
    except PartMissing as error:
        # ffmpeg, ffprobe or the sandbox was there when the executor started.
        ending = Released(error_class=ErrorClass.SANDBOX_UNAVAILABLE, error=str(error))
    except AttemptFailed as error:
        stages.note_log(error.log_tail)
        ending = Failed(error_class=error.error_class, error=str(error))
    return Outcome(ending=ending, report=_report(stages, cpu_seconds=spent.seconds))


def _report(stages: AttemptStages, *, cpu_seconds: float) -> Report:
    return Report(
        stage_seconds={stage: round(seconds, 3) for stage, seconds in stages.seconds.items()},
        cpu_seconds=round(cpu_seconds, 3),
        log_tail=stages.log_tail,
    )
