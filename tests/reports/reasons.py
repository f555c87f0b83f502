"""The reasons why the lag between sound and picture cannot be measured."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason, as the page words it."""

    UNLIKE = "the sound is too unlike the source's"
    COUNTS = "not the flashes and beeps that it was made with"
    PICTURES = "its pictures and the source's cannot be paired"
    UNDECODABLE = "it or its source does not decode in the second tool"
    CLOCK = "the source's sound does not keep to its own times"
    SHORT = "less than 0.1 s of sound"
    SILENT = "silence"
    STEADY = "a steady sound"
    REPEATING = "the sound repeats itself"


# A good rendition gives none of these; the other reasons lie in the nature of a film.
SUSPICIOUS = frozenset({Reason.UNLIKE, Reason.COUNTS, Reason.PICTURES})


class NotMeasurable(Exception):
    """These two films, or these parts of them, cannot be compared."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
