"""The stages of an attempt as a page shows them in a row: which are done, which is at work, where it failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mediaproc.core.lifecycle import AttemptOutcome
from mediaproc.core.stage import Stage
from mediaproc.db.views.attempts import AttemptLine

# The claim takes no time of its own that anybody would ask for.
_SHOWN = tuple(stage for stage in Stage if stage is not Stage.CLAIM)


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """One stage; `state` is `done`, `now`, `failed` or `ahead`, and `progress` a part of 1 while it is at work."""

    name: str
    state: str
    seconds: float | None
    progress: float | None = None


def stages_of(attempt: AttemptLine, *, progress: float | None) -> Sequence[StageLine]:
    """All stages in their order; of an attempt that runs, seconds are known only once it has ended."""
    states = _of_running(progress) if attempt.outcome is None else _of_ended(attempt)
    return [
        StageLine(
            name=stage,
            state=states[stage],
            seconds=attempt.stage_seconds.get(stage),
            progress=progress if states[stage] == "now" else None,
        )
        for stage in _SHOWN
    ]


def _of_running(progress: float | None) -> Mapping[Stage, str]:
    """Progress is that of the transcode: without one it has not begun."""
    now = Stage.DOWNLOAD if progress is None else Stage.TRANSCODE
    return {stage: _beside(stage, now) for stage in _SHOWN}


def _beside(stage: Stage, now: Stage) -> str:
    at, turn = _SHOWN.index(stage), _SHOWN.index(now)
    return "now" if at == turn else "done" if at < turn else "ahead"


def _of_ended(attempt: AttemptLine) -> Mapping[Stage, str]:
    reached = [stage for stage in _SHOWN if stage in attempt.stage_seconds]
    states: dict[Stage, str] = {stage: "done" if stage in reached else "ahead" for stage in _SHOWN}
    if attempt.outcome == AttemptOutcome.COMPLETED:
        return dict.fromkeys(_SHOWN, "done")
    # Its settlement is noted too, and is never what failed.
    before = [stage for stage in reached if stage is not Stage.SETTLE]
    return states | {before[-1]: "failed"} if before else states
