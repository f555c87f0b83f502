"""The refusals of a bundle."""

from mediaproc.core.errors import BadSource, ErrorClass


def refused(what: str) -> BadSource:
    """It is none that is taken; `what` goes on where the bundle is named."""
    return BadSource(f"The draft's bundle {what}.", error_class=ErrorClass.UNREADABLE)


def too_large(what: str) -> BadSource:
    """There is more of something in it than is taken."""
    return BadSource(f"The draft's bundle {what}.", error_class=ErrorClass.TOO_LARGE)
