"""The refusals of a draft: one sentence each, for the person who sent it."""

from mediaproc.core.errors import BadSource, ErrorClass


def encrypted() -> BadSource:
    """The timeline is none that anybody but the editor can read."""
    return BadSource(
        "The draft is encrypted by the editor that saved it, and no other program can read it: save it with"
        " JianYing 5.9 or CapCut, have a tool write it, or upload the exported video.",
        error_class=ErrorClass.UNREADABLE,
    )


def damaged(what: str) -> BadSource:
    """The timeline was readable once; `what` ends the sentence's first half."""
    return BadSource(
        f"The draft's timeline is damaged: {what}; save the draft again and upload it anew.",
        error_class=ErrorClass.UNREADABLE,
    )


def malformed(what: str) -> BadSource:
    """A field holds what no editor writes."""
    return BadSource(
        f"The draft's timeline is not as JianYing and CapCut write it: {what}.", error_class=ErrorClass.UNREADABLE
    )


def too_large(what: str) -> BadSource:
    """There is more of something than is taken."""
    return BadSource(f"The draft is too large: {what}.", error_class=ErrorClass.TOO_LARGE)


def too_long(what: str) -> BadSource:
    """It lasts longer than is taken."""
    return BadSource(f"The draft is too long: {what}.", error_class=ErrorClass.TOO_LONG)


def nothing_to_see() -> BadSource:
    """Nothing of it can be drawn."""
    return BadSource(
        "Nothing of the draft can be drawn: it has no visible clip and no text that this program can draw.",
        error_class=ErrorClass.NO_VIDEO,
    )
