"""Each status and outcome is something to an uploader, and what goes on by itself is told from what does not."""

import pytest

from mediaproc.core.lifecycle import FAIL_LIMIT, Status
from mediaproc.core.uploader_state import UploaderState, uploader_state


@pytest.mark.parametrize("status", [*Status, "deleted"])
@pytest.mark.parametrize("fail_count", [0, FAIL_LIMIT])
def test_every_status_and_outcome_is_a_state(status: str, fail_count: int) -> None:
    assert uploader_state(status, fail_count=fail_count) in UploaderState


def test_what_waits_for_a_person_does_not_go_on() -> None:
    assert uploader_state("failed", fail_count=FAIL_LIMIT - 1) is UploaderState.TRIED_AGAIN
    assert uploader_state("failed", fail_count=FAIL_LIMIT) is UploaderState.REFUSED
    assert uploader_state("rejected", fail_count=0) is UploaderState.REFUSED
    assert [state for state in UploaderState if state.goes_on] == [
        UploaderState.WAITING,
        UploaderState.WORKING,
        UploaderState.TRIED_AGAIN,
    ]
