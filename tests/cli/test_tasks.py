"""`mediaproc tasks` lists tasks, and retries and cancels them."""

from sqlalchemy import Connection

from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, rejected, set_back


def test_the_list_tells_what_each_task_waits_for(site: Command, rows: Connection) -> None:
    one, two, three, four = (insert_task(rows, number) for number in range(4))
    claimant = executor(rows)
    complete(rows, claimed(rows, claimant))
    set_back(rows, claimed(rows, claimant), failed())
    set_back(rows, claimed(rows, claimant), rejected())
    listed = site("tasks", "list").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [str(four), str(three), str(two)]
    assert "due" in listed[1]
    assert "a person" in listed[2]
    assert "There is no video in it." in listed[2]
    assert " in " in listed[3]
    assert str(one) in site("tasks", "list", "--all").out
    assert [line["id"] for line in site("tasks", "list", "--status", "completed", "--json").objects()] == [one]
    assert [line["id"] for line in site("tasks", "list", "--json", "--limit", "1").objects()] == [four]
    assert "--limit 2" in site("tasks", "list", "--limit", "1").out


def test_an_empty_list_says_so(site: Command) -> None:
    assert "Nothing waits" in site("tasks", "list").out
    assert site("tasks", "list", "--json").out == ""


def test_retry_makes_a_rejected_task_due_and_cancel_ends_it(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    set_back(rows, claimed(rows, executor(rows)), rejected())
    assert site("tasks", "retry", task).code == 0
    (line,) = site("tasks", "list", "--json").objects()
    assert (line["status"], line["fail_count"], line["error"]) == ("pending", 0, None)
    assert site("tasks", "cancel", task, "--json").objects() == [{"task": task, "done": True, "error": None}]
    ran = site("tasks", "cancel", task)
    assert (ran.code, ran.err) == (1, f"Task {task} is cancelled already.\n")


def test_what_cannot_be_changed_is_said_with_the_reason(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    claimed(rows, executor(rows))
    ran = site("tasks", "retry", task, 999)
    assert ran.code == 1
    assert f"Task {task} is being worked on" in ran.err
    assert "There is no task 999." in ran.err
    assert site("tasks", "show", 999).code == 1
