"""Who fails alone is an outlier; who fails as others do, or has nobody beside it, is none."""

import pytest

from mediaproc.core.outlier import STREAK, Comparison, Peer

DOES_WELL, FAILS, HAS_DONE_NOTHING = (
    Peer(completed=3, failed=1),
    Peer(completed=1, failed=1),
    Peer(completed=0, failed=0),
)


@pytest.mark.parametrize(
    ("failed_alone", "peers", "is_outlier", "others_fail"),
    [
        (STREAK, [DOES_WELL], True, False),
        (STREAK - 1, [DOES_WELL], False, False),
        (STREAK, [], False, False),
        (STREAK, [HAS_DONE_NOTHING], False, False),
        (STREAK, [FAILS, HAS_DONE_NOTHING], False, True),
        # However many have the same flaw: where one does well, it is not the uploads.
        (STREAK, [FAILS, FAILS, DOES_WELL], True, False),
    ],
)
def test_only_who_fails_in_a_row_beside_one_that_does_well_is_an_outlier(
    failed_alone: int,
    peers: list[Peer],
    is_outlier: bool,  # noqa: FBT001
    others_fail: bool,  # noqa: FBT001
) -> None:
    comparison = Comparison(failed_alone=failed_alone, peers=peers)
    assert (comparison.shows_an_outlier, comparison.shows_that_others_fail) == (is_outlier, others_fail)
