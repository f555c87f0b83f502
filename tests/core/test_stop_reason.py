import pytest

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.stop_reason import StopReason, ending_after_stop


@pytest.mark.parametrize(
    ("reason", "stage", "kind", "error_class"),
    [
        (StopReason.FENCED, "transcode", Released, ErrorClass.DATABASE_UNAVAILABLE),
        (StopReason.DRAINED, "transcode", Released, ErrorClass.DRAINED),
        (StopReason.OVERDUE, "download", Released, ErrorClass.STORE_UNAVAILABLE),
        (StopReason.OVERDUE, "upload", Released, ErrorClass.STORE_UNAVAILABLE),
        (StopReason.OVERDUE, "probe", Failed, ErrorClass.TIMED_OUT),
        (StopReason.OVERDUE, "transcode", Failed, ErrorClass.TIMED_OUT),
        (StopReason.OVERDUE, "verify", Failed, ErrorClass.TIMED_OUT),
    ],
)
def test_only_a_stage_of_our_own_that_takes_too_long_is_the_tasks_fault(
    reason: StopReason, stage: str, kind: type[Failed | Released], error_class: ErrorClass
) -> None:
    ending = ending_after_stop(reason, stage=stage)
    assert isinstance(ending, kind)
    assert ending.error_class is error_class


def test_an_attempt_that_lost_its_claim_decides_nothing() -> None:
    assert ending_after_stop(StopReason.CLAIM_LOST, stage="transcode") is None
