"""Why it may be impossible to say whether sound and picture belong together."""

from enum import StrEnum


class Reason(StrEnum):
    """In words for the page."""

    UNLIKE = "the sound is too unlike the source's"
    COUNTS = "not the flashes and beeps that it was made with"
    PICTURES = "its pictures and the source's cannot be paired"
    UNDECODABLE = "it or its source does not decode in the second tool"
    CLOCK = "the source's sound does not keep to its own times"
    SHORT = "less than 0.1 s of sound"
    SILENT = "silence"
    STEADY = "a steady sound"
    REPEATING = "the sound repeats itself"


# Of a good rendition none of these should be said; the others are of films that tell nothing by their nature.
SUSPICIOUS = frozenset({Reason.UNLIKE, Reason.COUNTS, Reason.PICTURES})


class NotMeasurable(Exception):
    """These two films, or these parts of them, cannot be compared."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
