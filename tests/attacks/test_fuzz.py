"""Any answer of ffprobe leads to a plan or to one sentence: no traceback, no text of the attacker in a command."""

from collections import Counter

from mediaproc.ffmpeg.tools import Tools
from tests.attacks.fuzz import ALL, TITLE, seeds, survives
from tests.attacks.table import TABLE

# `python -m tests.attacks.fuzz` runs ALL.
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
    # The cases reach every step up to the verdict; otherwise they would prove nothing.
    assert {"unreadable", "too_many_streams", "undecodable", "verification_failed", "verified"} <= set(outcomes)


def test_the_documentation_tells_what_came_of_all_cases() -> None:
    told = TABLE.read_text().partition(f"\n{TITLE}\n")[2]
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("| `")]
    assert sum(int(count) for _, count in rows) == ALL
