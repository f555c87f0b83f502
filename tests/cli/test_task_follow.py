"""`tasks show --follow` tells each change once, in order, and ends with the task."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from mediaproc.cli import task_follow
from mediaproc.cli.task_follow import Look, changes
from mediaproc.db.views.attempts import AttemptLine
from mediaproc.db.views.place_in_line import Place
from mediaproc.db.views.tasks import TaskLine
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, rejected, set_back

_THEN = datetime(2026, 1, 1, tzinfo=UTC)


def a_task(**fields: object) -> TaskLine:
    line = TaskLine(
        id=7,
        file_id="0" * 64,
        filename="film.avi",
        tenant="",
        profile="mp4",
        status="pending",
        priority=0,
        attempt=0,
        fail_count=0,
        progress=None,
        error_class=None,
        error=None,
        created_at=_THEN,
        updated_at=_THEN,
        due_in=timedelta(),
        outcome=None,
        verification=None,
    )
    return replace(line, **fields)  # type: ignore[arg-type]


def an_attempt(**fields: object) -> AttemptLine:
    attempt = AttemptLine(
        attempt=1,
        claim_token=UUID(int=1),
        executor_id=UUID(int=2),
        host="node-a",
        pid=77,
        shard_index=0,
        shard_total=1,
        started_at=_THEN,
        finished_at=None,
        took=timedelta(seconds=9),
        outcome=None,
        error_class=None,
        error=None,
        log_tail=None,
        output_key=None,
        stage_seconds={},
        cpu_seconds=None,
        threads=None,
    )
    return replace(attempt, **fields)  # type: ignore[arg-type]


def told(*looks: Look) -> list[str]:
    """The events of a story, as sentences."""
    pairs = zip([None, *looks], looks, strict=False)
    return [change.sentence for before, now in pairs for change in changes(before, now)]


def waiting(before: int, *, more: bool = False, seconds: float | None = 300) -> Look:
    ready_in = None if seconds is None else timedelta(seconds=seconds)
    return Look(line=a_task(), place=Place(before=before, more=more, ready_in=ready_in))


def test_a_place_is_told_when_it_changes() -> None:
    assert told(waiting(2), waiting(2, seconds=200), waiting(1), waiting(0, seconds=None)) == [
        "waits: 2 tasks stand before it, likely ready in about 5 min.",
        "waits: 1 task stands before it, likely ready in about 5 min.",
        "waits: no task stands before it.",
    ]
    deleted = Look(line=a_task(status="deleted", outcome="deleted", filename=""))
    assert (deleted.is_over, told(deleted)) == (
        True,
        ["deleted; next: nothing: its file was deleted, and all that was made of it."],
    )
    assert told(waiting(10_000, more=True)) == [
        "waits: more than 10,000 tasks stand before it, not ready before about 5 min."
    ]


def test_an_attempt_is_told_from_its_claim_to_its_end() -> None:
    at_work = a_task(status="processing", attempt=1)
    ended = an_attempt(outcome="failed", error="It stalled.", stage_seconds={"probe": 1.0}, threads=2)
    looks = (
        waiting(0, seconds=None),
        Look(line=at_work, attempts=[an_attempt()]),
        Look(line=replace(at_work, progress=0.02), attempts=[an_attempt(threads=2)]),
        Look(line=replace(at_work, progress=0.04), attempts=[an_attempt(threads=2)]),
        Look(line=replace(at_work, progress=0.5), attempts=[an_attempt(threads=2)]),
        Look(line=a_task(status="failed", attempt=1, fail_count=1, due_in=timedelta(seconds=10)), attempts=[ended]),
    )
    assert told(*looks) == [
        "waits: no task stands before it.",
        "attempt 1 on node-a",
        "attempt 1 encodes with 2 threads",
        "0 % done",
        "50 % done",
        "attempt 1 failed after 9.0 s (probe 1.0 s): It stalled.",
        "waits: it is due in 10 s (strike 1 of 3).",
    ]


def test_a_task_that_waits_for_a_person_is_at_its_end() -> None:
    exhausted = Look(line=a_task(status="failed", fail_count=3, error="It stalled."))
    assert exhausted.is_over
    assert not Look(line=a_task(status="failed", fail_count=2)).is_over
    (sentence,) = told(exhausted)
    assert sentence.startswith("failed: It stalled.; next: nothing by itself after 3 strikes")


def test_a_done_task_ends_with_0_and_its_rendition(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    complete(rows, claimed(rows, executor(rows)))
    ran = site("tasks", "show", task, "--follow")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "completed: verified, b/out, 9 bytes"
    events = [each["event"] for each in site("tasks", "show", task, "--follow", "--json").objects()]
    assert events == ["claimed", "ended", "completed"]


def test_history_is_reached_while_it_follows(site: Command, rows: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    task = insert_task(rows, 1)
    told_to = task_follow.tell
    steps = {
        "waits": lambda: complete(rows, claimed(rows, executor(rows))),
    }

    def tell(change: task_follow.Change, *, task_id: int, json: bool) -> None:
        told_to(change, task_id=task_id, json=json)
        if step := steps.pop(change.event, None):
            step()

    monkeypatch.setattr(task_follow, "tell", tell)
    ran = site("tasks", "show", task, "--follow", "--json")
    assert (ran.code, [each["event"] for each in ran.objects()]) == (0, ["waits", "claimed", "ended", "completed"])


@pytest.mark.parametrize("end", ["rejected", "exhausted"])
def test_a_task_without_a_rendition_ends_with_1(site: Command, rows: Connection, end: str) -> None:
    task = insert_task(rows, 1)
    set_back(rows, claimed(rows, executor(rows)), rejected() if end == "rejected" else failed())
    if end == "exhausted":
        rows.execute(text("UPDATE media_process SET fail_count = 3"))
    ran = site("tasks", "show", task, "--follow")
    assert ran.code == 1
    assert "mediaproc tasks retry" in ran.out


def test_what_cannot_be_followed_is_said(site: Command) -> None:
    assert site("tasks", "show", 1, 2, "--follow").code == 2
    ran = site("tasks", "show", 5, "--follow")
    assert (ran.code, ran.err) == (1, "There is no task 5.\n")
