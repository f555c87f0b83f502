"""Somebody who counted the tasks of a selection changes about that many, or none."""

import pytest
from sqlalchemy import Engine, text

from mediaproc.acts.bulk import CountChangedError, act_on_counted, is_expected
from mediaproc.acts.task_answers import CANCEL, SelectionAnswer
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from mediaproc.db.views.tasks import Count
from tests.db.task_rows import add_tasks

PENDING = Selection.parse("status:pending")


@pytest.mark.parametrize(
    ("count", "expect", "is_right"),
    [(100, 100, True), (110, 100, True), (111, 100, False), (90, 100, True), (89, 100, False), (0, 0, True)],
)
def test_a_tenth_more_or_fewer_is_about_as_many(count: int, expect: int, *, is_right: bool) -> None:
    assert is_expected(Count(tasks=count, more=False), expect=expect) is is_right


def test_of_more_than_are_counted_as_many_must_be_expected_as_are_counted() -> None:
    assert not is_expected(Count(tasks=10_000, more=True), expect=9_999)
    assert is_expected(Count(tasks=10_000, more=True), expect=10_000)
    assert is_expected(Count(tasks=10_000, more=True), expect=1_234_567)


def test_an_act_on_counted_tasks_answers_as_the_command_does(engine: Engine) -> None:
    add_tasks(engine, count=3)
    answer = act_on_counted(Database(engine), CANCEL, PENDING, expect=3, actor="ann")
    assert answer == SelectionAnswer(selection="status:pending", met=3, changed=3, locked=0, error=None)


def test_where_the_count_has_changed_nothing_is(engine: Engine) -> None:
    add_tasks(engine, count=3)
    with pytest.raises(CountChangedError, match=r"means 3 tasks now, and 20 were expected: nothing was changed"):
        act_on_counted(Database(engine), CANCEL, PENDING, expect=20, actor="ann")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM media_process")) == 3
        assert connection.scalar(text("SELECT count(*) FROM media_audit")) == 0
