"""An executor claims for its slots first, and one task ahead of each slot once that encodes."""

import pytest

from mediaproc.core.claim_limit import claims_allowed, most_attempts

# slots, encoding, not behind (with those that encode), behind: for how many to claim.
LIMITS = {
    "nothing runs yet: no more than the slots": (2, 0, 0, 0, 2),
    "one is being downloaded": (2, 0, 1, 0, 1),
    "both are being downloaded": (2, 0, 2, 0, 0),
    "one encodes, one is being downloaded: one ahead": (2, 1, 2, 0, 1),
    "one encodes, and the next one is there": (2, 1, 3, 0, 0),
    "both encode, none ahead": (2, 2, 2, 0, 3),
    "both encode, one ahead for each": (2, 2, 4, 0, 1),
    "and one by which it knows that the queue goes on": (2, 2, 5, 0, 0),
    "what is behind its encode takes no room of the others": (2, 2, 4, 2, 1),
    "but the uploads are bounded": (2, 2, 4, 5, 0),
    "one slot that encodes: one ahead": (1, 1, 1, 0, 1),
    "one slot with the next one there": (1, 1, 2, 0, 0),
    "what only copies holds no slot, and is bounded like a download": (2, 0, 2, 3, 0),
    "many slots": (64, 64, 128, 10, 1),
}


@pytest.mark.parametrize(("slots", "encoding", "not_behind", "behind", "allowed"), LIMITS.values(), ids=LIMITS.keys())
def test_the_next_tasks_are_claimed_while_the_slots_encode(
    slots: int, encoding: int, not_behind: int, behind: int, allowed: int
) -> None:
    assert claims_allowed(slots=slots, encoding=encoding, not_behind=not_behind, behind=behind) == allowed


def test_an_executor_has_a_thread_for_every_attempt_that_it_may_have() -> None:
    for slots in (1, 2, 8):
        for behind in range(5 * slots):
            for not_behind in range(3 * slots):
                more = claims_allowed(slots=slots, encoding=slots, not_behind=not_behind, behind=behind)
                assert more == 0 or not_behind + behind + more <= most_attempts(slots)
