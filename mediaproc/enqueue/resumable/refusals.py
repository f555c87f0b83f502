"""Why a request about an upload cannot be served."""

from enum import StrEnum

from mediaproc.core.errors import MediaprocError


class Refusal(StrEnum):
    """What a client does about it depends on the kind."""

    NOT_THERE = "not there"
    GONE = "gone"
    BUSY = "busy"
    WRONG_OFFSET = "wrong offset"
    TOO_LARGE = "too large"
    EMPTY = "empty"
    NO_LINKS = "no links"


class UploadRefused(MediaprocError):
    """The upload takes no such request; nothing has changed."""

    def __init__(self, refusal: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.refusal = refusal
