"""Acts on tasks from a terminal: ids at once, words only when a person or `--yes` agrees."""

import pytest
import typer
from sqlalchemy import Connection, text

from mediaproc.cli import task_acts
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, complete, executor, insert_task, rejected, set_back


def _audit(rows: Connection) -> list[tuple[object, ...]]:
    found = rows.execute(text("SELECT act, selection, count FROM media_audit ORDER BY id"))
    return [tuple(row) for row in found]


def test_words_are_refused_where_nobody_can_be_asked(site: Command, rows: Connection) -> None:
    insert_task(rows, 1)
    ran = site("tasks", "cancel", "status:pending")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert _audit(rows) == []
    assert len(site("tasks", "list", "--json").objects()) == 1


def test_words_with_yes_change_what_they_mean_and_tell_how_many(site: Command, rows: Connection) -> None:
    for number in range(3):
        insert_task(rows, number)
    set_back(rows, claimed(rows, executor(rows)), rejected())
    ran = site("tasks", "retry", "status:rejected|pending", "--yes", "--json")
    assert ran.code == 0
    assert ran.objects() == [
        {"selection": "status:rejected|pending", "met": 3, "changed": 3, "locked": 0, "error": None}
    ]
    assert _audit(rows) == [("retry", "status:rejected|pending", 3)]
    assert site("tasks", "priority", "name:clip newer:1d", -5, "--yes").code == 0
    assert {line["priority"] for line in site("tasks", "list", "--json").objects()} == {-5}
    assert _audit(rows)[1] == ("priority -5", "name:clip newer:1d", 3)


def test_a_selection_that_matches_nothing_says_so(site: Command, rows: Connection) -> None:
    ran = site("tasks", "cancel", "status:failed", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert "nothing was changed" in ran.err
    assert _audit(rows) == []


def test_too_late_for_some_is_told_and_the_rest_goes_on(site: Command, rows: Connection) -> None:
    for number in range(3):
        insert_task(rows, number)
    claimed(rows, executor(rows))
    ran = site("tasks", "retry", "older:0s", "--yes")
    assert ran.code == 1
    assert ran.out == "2 tasks of 3 are due now. For 1 task it was too late, or it is so already.\n"


@pytest.mark.parametrize(("answer", "code", "left"), [(True, 0, 0), (False, 1, 7)])
def test_a_person_sees_the_count_and_five_of_the_tasks_and_is_asked(
    site: Command, rows: Connection, monkeypatch: pytest.MonkeyPatch, *, answer: bool, code: int, left: int
) -> None:
    asked: list[str] = []

    def confirm(question: str, **_options: object) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr(task_acts, "require_someone_to_ask", lambda: None)
    monkeypatch.setattr(typer, "confirm", confirm)
    for number in range(7):
        insert_task(rows, number)
    ran = site("tasks", "cancel", "status:pending")
    assert ran.code == code
    assert asked == ["cancel: 7 tasks. Go on?"]
    assert ran.err.count("clip") == 5
    assert len(site("tasks", "list", "--json").objects()) == left
    assert ("Nothing was changed." in ran.err) is not answer


def test_each_id_is_answered(site: Command, rows: Connection) -> None:
    done, first, second = (insert_task(rows, number) for number in range(3))
    complete(rows, claimed(rows, executor(rows)))
    ran = site("tasks", "reject", first, second, done, 999, "--because", "It is not ours.")
    assert ran.code == 1
    assert ran.out == (f"Task {first} is rejected.\nTask {second} is rejected.\n2 tasks of 4 changed.\n")
    assert ran.err == f"Task {done} is completed already.\nThere is no task 999.\n"
    assert "It is not ours." in site("tasks", "show", first).out
    again = site("tasks", "reject", first, "--because", "Still not.", "--json")
    assert again.objects() == [{"task": first, "done": False, "error": f"Task {first} is rejected already."}]
    assert site("tasks", "priority", first, second, 12).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("retry", "state:failed"), ("cancel", "status:"), ("reject", "17"), ("priority", "17", "1001"),
        ("priority", "17", "--loud"), ("priority", "7"), ("retry",), ("retry", "17", "status:failed", "--yes"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence(site: Command, arguments: tuple[str, ...]) -> None:
    ran = site("tasks", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1


def test_history_is_refused_with_a_sentence(site: Command, rows: Connection) -> None:
    insert_task(rows, 1)
    complete(rows, claimed(rows, executor(rows)))
    ran = site("tasks", "retry", "status:completed", "--yes")
    assert ran.code == 1
    assert "Tasks in history are done" in ran.err


def test_a_list_pages_through_a_selection(site: Command, rows: Connection) -> None:
    for number in range(5):
        insert_task(rows, number)
    seen: list[int] = []
    after: tuple[str, ...] = ()
    while page := site("tasks", "list", "status:pending", "--limit", 2, "--json", *after).objects():
        seen += [line["id"] for line in page]
        after = ("--after", f"{page[-1]['created_at']}/{page[-1]['id']}")
    assert seen == [5, 4, 3, 2, 1]
    assert "--after 20" in site("tasks", "list", "--limit", 2).out
    assert site("tasks", "list", "--after", "yesterday").code == 2
    assert site("tasks", "list", "status:failed", "--status", "failed").code == 2
