import pytest

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.stage import Stage
from mediaproc.core.stop_reason import StopReason, ending_after_stop


@pytest.mark.parametrize(
    ("reason", "stage", "kind", "error_class"),
    [
        (StopReason.FENCED, Stage.TRANSCODE, Released, ErrorClass.DATABASE_UNAVAILABLE),
        (StopReason.DRAINED, Stage.TRANSCODE, Released, ErrorClass.DRAINED),
        (StopReason.OVERDUE, Stage.DOWNLOAD, Released, ErrorClass.STORE_UNAVAILABLE),
        (StopReason.OVERDUE, Stage.UPLOAD, Released, ErrorClass.STORE_UNAVAILABLE),
        (StopReason.OVERDUE, Stage.PROBE, Failed, ErrorClass.TIMED_OUT),
        (StopReason.OVERDUE, Stage.TRANSCODE, Failed, ErrorClass.TIMED_OUT),
        (StopReason.OVERDUE, Stage.VERIFY, Failed, ErrorClass.TIMED_OUT),
    ],
)
def test_only_a_stage_of_our_own_that_takes_too_long_is_the_tasks_fault(
    reason: StopReason, stage: Stage, kind: type[Failed | Released], error_class: ErrorClass
) -> None:
    ending = ending_after_stop(reason, stage=stage)
    assert isinstance(ending, kind)
    assert ending.error_class is error_class


def test_an_attempt_that_lost_its_claim_decides_nothing() -> None:
    assert ending_after_stop(StopReason.CLAIM_LOST, stage=Stage.TRANSCODE) is None
