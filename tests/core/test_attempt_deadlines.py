import pytest

from mediaproc.core.attempt_deadlines import AttemptDeadlines
from mediaproc.core.stop_reason import StopReason


@pytest.mark.parametrize(
    ("now", "stage_overdue_at", "reason"),
    [
        (159.9, None, None),
        (160.0, None, StopReason.FENCED),
        (109.9, 110.0, None),
        (110.0, 110.0, StopReason.OVERDUE),
        # Without a lease nothing else counts.
        (160.0, 110.0, StopReason.FENCED),
    ],
)
def test_an_attempt_stops_at_the_end_of_its_lease_or_of_its_stage(
    now: float, stage_overdue_at: float | None, reason: StopReason | None
) -> None:
    deadlines = AttemptDeadlines(lease_trusted_until=160.0, stage_overdue_at=stage_overdue_at)
    assert deadlines.reason_to_stop(now) is reason
