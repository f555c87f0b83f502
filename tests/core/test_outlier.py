"""Who fails alone is an outlier; who fails as others do, or has nobody beside it, is none."""

import pytest

from mediaproc.core.outlier import LEAST_FAILURES, PeerComparison, Record

DOES_WELL, FAILS = Record(completed=3, failed=1), Record(completed=1, failed=1)
HAS_DONE_NOTHING = Record(completed=0, failed=0)


@pytest.mark.parametrize(
    ("failed", "completed", "peers", "is_outlier", "others_fail"),
    [
        (LEAST_FAILURES, 0, [DOES_WELL], True, False),
        (LEAST_FAILURES, LEAST_FAILURES, [DOES_WELL], True, False),
        (LEAST_FAILURES, LEAST_FAILURES + 1, [DOES_WELL], False, False),
        (LEAST_FAILURES - 1, 0, [DOES_WELL], False, False),
        (LEAST_FAILURES, 0, [], False, False),
        (LEAST_FAILURES, 0, [HAS_DONE_NOTHING], False, False),
        (LEAST_FAILURES, 0, [FAILS, HAS_DONE_NOTHING], False, True),
        # However many have the same flaw: where one does well, it is not the uploads.
        (LEAST_FAILURES, 0, [FAILS, FAILS, DOES_WELL], True, False),
    ],
)
def test_only_who_fails_most_beside_one_that_does_well_is_an_outlier(
    failed: int,
    completed: int,
    peers: list[Record],
    is_outlier: bool,  # noqa: FBT001
    others_fail: bool,  # noqa: FBT001
) -> None:
    comparison = PeerComparison(own=Record(completed=completed, failed=failed), peers=peers)
    assert (comparison.shows_an_outlier, comparison.shows_that_others_fail) == (is_outlier, others_fail)
