"""Whatever ffprobe says, a plan comes of it or one sentence: no traceback, no word of the attacker's in a command."""

from collections import Counter

from mediaproc.ffmpeg.tools import Tools
from tests.attacks.fuzz import seeds, survives

# `python -m tests.attacks.fuzz` runs 100,000.
CASES = 2_000


def test_no_broken_probe_is_more_than_refused(tools: Tools) -> None:
    documents = seeds(tools)
    outcomes: Counter[str] = Counter()
    for case in range(CASES):
        try:
            outcomes[survives(case, documents)] += 1
        except Exception as error:
            error.add_note(f"case {case}")
            raise
    # The cases reach every part of the way, or they would show nothing.
    assert {"unreadable", "too_many_streams", "undecodable", "verification_failed", "verified"} <= set(outcomes)
