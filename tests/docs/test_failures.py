"""The table of failures has every failure that was asked about, and names a test that is there for each."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/reference/failures.md"
# A folder beside the project; it is not everywhere.
ASKED = ROOT.parent / "shared/FAILURES.md"

# What is asked about, and what the row is called here, both in their order.
ROW_OF = {
    "`kill -9` of an executor during ffmpeg": "`kill -9` of an executor during ffmpeg",
    "SIGSTOP, then the executor wakes as a zombie and finishes": (
        "an executor is stopped, replaced, and wakes up as a zombie"
    ),
    "PostgreSQL restarts (fast, immediate), backends killed": "PostgreSQL stops, crashes, or loses a backend",
    "answer to COMMIT lost": "the answer to a COMMIT is lost",
    "half-open socket, network partition": "a half-open socket, a network partition",
    "clock of a node wrong by an hour, or stepped while it runs": "a node's clock is wrong by an hour, or stepped",
    "settle called twice, compensation races settle": "settle is called twice, or compensation races it",
    "a source that makes ffmpeg crash, hang, eat memory or disk": (
        "a source makes ffmpeg crash, hang, eat memory or disk"
    ),
    "MinIO away, slow, resets, truncates": "the store is away, slow, resets or cuts a download",
    "disk full": "the scratch disk is full, or too small for a source",
    "another session's long transaction": "another session holds a long transaction",
    "NOTIFY lost": "a NOTIFY is lost",
    "shard total changed while running; two executors with one index; a shard whose node is dead": (
        "totals change while executors run, two executors have one index, a shard's node is dead"
    ),
    "node restarted under the same name": "a node restarts under the same name",
    "SIGTERM during a deploy": "SIGTERM during a deploy",
    "ten million history rows, 100,000 failed rows": "history and failed rows pile up",
    "missed or overlapping ticks": "ticks are missed or overlap",
    "old and new executors during an upgrade": "old and new executors during an upgrade",
    "a failed task retried in a hot loop": "a failed task in a hot loop",
    "an operator edits rows by hand": "an operator edits rows by hand",
    "the log's reader is gone, stalled, or its disk is full": "the log's reader is gone or stalls, or its disk is full",
    "a node with a wrong store, without an encoder, without a profile": (
        "a node has another store than the site, an ffmpeg without an encoder, or does not know a profile"
    ),
    "an object larger than its row, an output beyond its estimate": (
        "an object is larger than its row says, or an output than its estimate"
    ),
    "a sentence about a task (webhook) and the task's end come apart": (
        "what is told about a task and how it ended come apart"
    ),
    "an operator and an executor act at the same moment; two operators act on 50,000": (
        "an operator and an executor, or two operators, act on the same tasks at once"
    ),
    "one tenant floods the queue": "one tenant floods the queue",
    "the page's server, a proxy or a phone's network dies in the middle of an upload or an act": (
        "the page's server, a proxy or a phone's network dies in the middle of an upload or an act"
    ),
}

# What is asked about and has no row yet: nothing here answers it so far.
NOT_YET = (
    "half a rendition of many objects is there when its executor dies",
    "one of forty parts fails three times; its parent is cancelled meanwhile",
)


def rows(table: str) -> dict[str, list[str]]:
    """The other cells by the first, of every row below the heading."""
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: others for first, *others in cells}


def what_is_wrong(table: str) -> list[str]:
    """A sentence for each failure without its row, and each row without a test that pytest would collect."""
    found = rows(table)
    wrong = [f"no row: {title}" for title in ROW_OF.values() if title not in found]
    if not wrong and [title for title in found if title in ROW_OF.values()] != list(ROW_OF.values()):
        wrong.append("the rows have another order")
    for title, cells in found.items():
        named = re.findall(r"`(tests/[^`]*)`", cells[-1])
        if not any("::" in name for name in named):
            wrong.append(f"names no test: {title}")
        wrong += [f"is not there: {name}" for name in named if not is_there(name)]
    return wrong


def is_there(name: str) -> bool:
    """Whether pytest collects `PATH::TEST`, with or without a parameter's id; a bare path must be that of a file."""
    path, _, test = name.partition("::")
    if not (ROOT / path).is_file():
        return False
    if not test:
        return True
    defined = {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}
    function = re.sub(r"\[.*\]$", "", test)
    return Path(path).name.startswith("test_") and function.startswith("test_") and function in defined


def test_every_failure_has_a_row_that_names_a_test_which_is_there() -> None:
    assert what_is_wrong(TABLE.read_text()) == []


def test_what_was_asked_about_is_what_the_rows_answer() -> None:
    if not ASKED.is_file():
        pytest.skip("the list of what was asked about is not there, beside the project as shared/FAILURES.md")
    assert [each for each in rows(ASKED.read_text()) if each not in NOT_YET] == list(ROW_OF)
    assert set(NOT_YET) < set(rows(ASKED.read_text()))


@pytest.mark.parametrize(
    ("written", "instead", "wrong"),
    [
        ("| a NOTIFY is lost |", "| a NOTICE is lost |", "no row: a NOTIFY is lost"),
        ("test_without_a_notification_the_tick_finds_the_task`", "test_that_was_renamed`", "is not there: "),
        (
            "`tests/e2e/test_wake_up.py::test_without_a_notification_the_tick_finds_the_task`",
            "`tests/e2e/`",
            "names no test: ",
        ),
        (
            "`tests/e2e/test_wake_up.py::test_without_a_notification_the_tick_finds_the_task`",
            "the tick",
            "names no test: ",
        ),
        ("tests/e2e/test_clock.py::test_a_clock", "tests/parts/site.py::make_site`, `", "is not there: "),
    ],
)
def test_a_row_that_is_missing_or_names_nothing_would_be_seen(written: str, instead: str, wrong: str) -> None:
    table = TABLE.read_text()
    assert written in table
    assert any(sentence.startswith(wrong) for sentence in what_is_wrong(table.replace(written, instead)))
