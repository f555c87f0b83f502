"""What a status of the other side means for a draft that is asked for: it comes, it may come later, or never."""

from enum import Enum, auto

_OK = 200
# Too slow, too many requests, and what stands between says that the server is away.
_LATER = frozenset({408, 425, 429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND = frozenset({404, 410})
_REFUSALS = frozenset({401, 403})
# The longest that the other side may make a task wait (seconds).
_LONGEST_WAIT = 3600.0
_WAITS = (1.0, 2.0, 4.0)


class Judgement(Enum):
    """What is done next."""

    TAKEN = auto()
    LATER = auto()
    NEVER = auto()


def judge(status: int) -> Judgement:
    """By the status of the answer."""
    if status == _OK:
        return Judgement.TAKEN
    return Judgement.LATER if status in _LATER else Judgement.NEVER


def sentence_about(status: int) -> str:
    """What the host did, as the end of a sentence that names it."""
    if status in _REDIRECTS:
        return f"answered {status}, which leads elsewhere, and no redirect is followed: give the URL that it leads to"
    if status in _NOT_FOUND:
        return f"answered {status}: what was asked for is not there"
    if status in _REFUSALS:
        return f"answered {status}: it does not let us have it"
    return f"answered {status}"


def wait_asked_for(header: str | None) -> float:
    """The seconds that a `Retry-After` names; 0 where it names a moment, or nothing."""
    if header is None or not header.strip().isascii() or not header.strip().isdigit():
        return 0.0
    return min(float(header.strip()[:9]), _LONGEST_WAIT)


def next_wait(tries: int, *, asked_for: float) -> float | None:
    """Seconds until the next try of one request within the attempt, after so many; None: the task waits instead."""
    if tries > len(_WAITS) or asked_for > _WAITS[-1]:
        return None
    return max(_WAITS[tries - 1], asked_for)
