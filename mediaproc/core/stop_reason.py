"""Why an attempt was told to stop, and what that makes of its task."""

from enum import StrEnum
from typing import assert_never

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.stage import Stage

# The stages that wait for the store and for nothing else.
_TRANSFERS = frozenset({Stage.DOWNLOAD, Stage.UPLOAD})


class StopReason(StrEnum):
    """Why an attempt was told to stop; the first reason given stands."""

    CLAIM_LOST = "the claim is another's now"
    FENCED = "the lease could not be renewed"
    DRAINED = "the executor drains"
    GIVEN_BACK = "another executor is idle"
    OVERDUE = "the stage took too long"


def ending_after_stop(reason: StopReason, *, stage: Stage, is_unbegun: bool = False) -> Failed | Released | None:
    """What a stop in `stage` makes of the task; None where the claim is lost, so that the attempt decides nothing.

    `is_unbegun`: it waited for a slot, and none of its encodes had begun.
    """
    match reason:
        case StopReason.FENCED:
            return Released(
                error_class=ErrorClass.DATABASE_UNAVAILABLE,
                error="The executor could not renew its lease in time and stopped itself.",
            )
        case StopReason.DRAINED:
            return Released(
                error_class=ErrorClass.DRAINED,
                error="The executor was told to end before the task was done.",
                is_unbegun=is_unbegun,
            )
        case StopReason.GIVEN_BACK:
            return Released(
                error_class=ErrorClass.GIVEN_BACK,
                error="It waited for a slot, and another executor had a free one.",
                is_unbegun=is_unbegun,
            )
        case StopReason.OVERDUE:
            sentence = f"The stage {stage} took longer than it may."
            if stage in _TRANSFERS:
                return Released(error_class=ErrorClass.STORE_UNAVAILABLE, error=f"The store is slow: {sentence}")
            return Failed(error_class=ErrorClass.TIMED_OUT, error=sentence)
        case StopReason.CLAIM_LOST:
            return None
        case _:
            assert_never(reason)
