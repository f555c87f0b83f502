"""`mediaproc prune` makes one pass and says what went."""

import pytest
from sqlalchemy import Connection, text

from tests.cli.conftest import Command
from tests.db.old_rows import DAY, add_attempt


def test_what_is_old_goes_and_is_counted(site: Command, rows: Connection) -> None:
    add_attempt(rows, 1, age=15 * DAY, log_tail="frame= 7")
    add_attempt(rows, 1, age=91 * DAY)
    ran = site("prune")
    assert (ran.code, ran.out) == (
        0,
        (
            "Removed: 1 log tail, 1 attempt, 0 lines of audit, 0 messages, 0 executors, 0 credentials,"
            " 0 tasks of history.\n"
        ),
    )
    (told,) = site("prune", "--json").objects()
    assert set(told.values()) == {0}
    assert [*told] == ["log_tails", "attempts", "audit", "deliveries", "executors", "credentials", "history"]
    acts = rows.execute(text("SELECT act, count FROM media_audit ORDER BY id")).all()
    assert acts == [("prune", 2), ("prune", 0)]


@pytest.mark.parametrize("seconds", ["14", "86399", "many"])
def test_a_number_that_was_meant_as_days_is_refused(site: Command, seconds: str) -> None:
    ran = site("prune", "--keep-attempts", seconds)
    assert ran.code == 2
    assert f"MEDIAPROC_KEEP_ATTEMPTS cannot be '{seconds}'" in ran.err
    assert ran.err.count("\n") == 1
