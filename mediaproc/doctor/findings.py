"""A finding: the state of one part, and what to do about it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.errors import MediaprocError

_ASK_AGAIN = "See what the sentence names, then ask again."
REACH = (
    "See that the server runs and can be reached from here, {}: name, port, firewall. If it is elsewhere, correct"
    " MEDIAPROC_{setting}_URL."
)
# Seconds that this machine's clock may be off without a warning; only log times depend on it, no lease does.
_CLOCK_TOLERANCE = 5.0
# Parentheses, with one more pair inside.
_PARENTHESES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


class State(StrEnum):
    """How a part is: fine; with a warning; or missing, so that no work can be done."""

    FINE = "fine"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One part that was examined; `remedy` says what to do where it is not fine."""

    part: str
    state: State
    fact: str
    remedy: str | None = None


def fine(part: str, fact: str) -> Finding:
    """A finding with nothing to do."""
    return Finding(part=part, state=State.FINE, fact=fact)


def missing(part: str, error: MediaprocError, *, otherwise: str = _ASK_AGAIN) -> Finding:
    """A finding from an error, whose sentence says what is wrong and, after its last colon, what to do.

    Without such a colon the remedy is `otherwise`. Text in parentheses is another program's: its colons do not count.
    """
    sentence = str(error)
    plain = _PARENTHESES.sub(lambda found: "." * len(found[0]), sentence)
    at = plain.rfind(": ")
    if at < 0:
        return Finding(part=part, state=State.MISSING, fact=sentence, remedy=otherwise)
    fact, remedy = sentence[:at], sentence[at + 2 :]
    return Finding(part=part, state=State.MISSING, fact=fact, remedy=remedy[:1].upper() + remedy[1:])


def clock_finding(ahead: float, *, of: str) -> Finding:
    """The finding on this machine's clock, which is so many seconds ahead of another one."""
    direction = "ahead of" if ahead > 0 else "behind"
    fact = f"this machine is {abs(ahead):.1f} s {direction} the {of}"
    if abs(ahead) <= _CLOCK_TOLERANCE:
        return fine(f"clock of {of}", fact)
    remedy = "Set the clock (chrony, ntpd): leases do not depend on it, but logs do, and a store refuses 15 minutes."
    return Finding(part=f"clock of {of}", state=State.WARNING, fact=fact, remedy=remedy)
