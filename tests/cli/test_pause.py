"""`mediaproc pause` and `resume`: what is paused until when, each act with its line of audit, and wrong use."""

from json import loads
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from mediaproc.core.shard import Shard
from mediaproc.db.executor_registry import register
from tests.cli.conftest import Command
from tests.db.task_rows import registration


def _audit(rows: Connection) -> list[tuple[object, ...]]:
    found = rows.execute(text("SELECT act, selection, count, because FROM media_audit ORDER BY id"))
    return [tuple(row) for row in found]


def _executor(rows: Connection) -> UUID:
    one = registration(shard=Shard(0, 1))
    register(rows, registration=one)
    rows.commit()
    return one.executor_id


def test_what_is_paused_is_told_and_can_be_lifted_by_the_same_words(site: Command, rows: Connection) -> None:
    paused = site("pause", "--until", "2h", "--because", "The store\x1b is moved.")
    assert paused.code == 0
    assert paused.out.startswith("Paused: everything, until 20")
    (answer,) = site("pause", "--profile", "gif", "--json").objects()
    assert answer == {"scope": "profile gif", "until": None, "because": None, "replaced": False}
    (answer,) = site("pause", "--profile", "gif", "--until", "2100-01-01", "--json").objects()
    assert answer == {"scope": "profile gif", "until": "2100-01-01T00:00:00Z", "because": None, "replaced": True}
    assert site("pause", "--shard", "1/4").code == 0
    # What is resumed is one pause, not all that it covers.
    assert site("resume").out == "Resumed: everything.\n"
    assert loads(site("resume", "--profile", "gif", "--json").out) == {"scope": "profile gif"}
    assert site("resume", "--shard", "1/4").code == 0
    assert rows.scalar(text("SELECT count(*) FROM media_pause")) == 0
    assert _audit(rows) == [
        ("pause", "everything", 1, "The store\\x1b is moved."),
        ("pause", "profile gif", 1, None),
        ("pause", "profile gif", 1, None),
        ("pause", "shard 1/4", 1, None),
        ("resume", "everything", 1, None),
        ("resume", "profile gif", 1, None),
        ("resume", "shard 1/4", 1, None),
    ]


def test_an_executor_is_named_by_the_beginning_of_its_id(site: Command, rows: Connection) -> None:
    one = _executor(rows)
    assert site("pause", "--executor", str(one)[:8].upper()).out.startswith(f"Paused: executor {one}, until it is")
    # Its row may be gone by then.
    rows.execute(text("DELETE FROM media_executor"))
    rows.commit()
    assert site("resume", "--executor", str(one)[:6]).out == f"Resumed: executor {one}.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pause", "--until", "0s"], 2, "--until cannot be '0s': no time at all would be paused."),
        (["pause", "--until", "2000-01-01"], 2, "The pause until 2000-01-01 00:00:00Z would be over already"),
        (["pause", "--until", "tomorrow"], 2, "--until cannot be 'tomorrow': it must be a length such as 90s"),
        (["pause", "--until", "9999-12-31T23:59-14:00"], 2, "it must be a length"),
        (["pause", "--profile", "mp5"], 2, "There is no profile 'mp5': one of"),
        (["pause", "--shard", "4/4"], 2, "The shard 4/4 does not exist"),
        (["pause", "--shard", "auto"], 2, "it must be INDEX/TOTAL"),
        (["pause", "--shard", "0/2", "--profile", "mp4"], 2, "give one of them at a time"),
        (["pause", "--executor", "ffff"], 1, "No executor has an id that begins with 'ffff'"),
        (["pause", "--executor", "%"], 2, "--executor cannot be '%': it must be an executor's id, or the beginning"),
        (["resume"], 1, "There is no pause of everything: `mediaproc status` shows what is paused."),
        (["resume", "--profile", "mp5"], 2, "There is no profile 'mp5': one of"),
        (["resume", "--profile", "gif"], 1, "There is no pause of profile gif"),
        (["resume", "--executor", "ffff"], 1, "There is no pause of an executor whose id begins with 'ffff'"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_cannot_be_is_refused_in_one_sentence(
    site: Command, rows: Connection, arguments: list[str], code: int, says: str
) -> None:
    ran = site(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert rows.scalar(text("SELECT count(*) FROM media_pause")) == 0
    assert _audit(rows) == []


def test_a_beginning_that_several_executors_have_is_refused(site: Command, rows: Connection) -> None:
    for _ in range(2):
        _executor(rows)
    rows.execute(text("UPDATE media_executor SET id = overlay(id::text placing 'abc' from 1)::uuid"))
    rows.commit()
    ran = site("pause", "--executor", "abc")
    assert ran.code == 2
    assert "The ids of several executors begin with 'abc'" in ran.err
    assert str(uuid4()) not in ran.err


def test_status_and_doctor_say_what_is_paused_by_whom_and_why(site: Command, rows: Connection) -> None:
    _executor(rows)
    assert site("status").code == 0
    site("pause", "--until", "2h", "--because", "New disks.")
    site("schedules", "pause", "compensation")
    said = site("status")
    # A person has decided so: it is not stuck.
    assert said.out.startswith("attention")
    assert "(New disks): `mediaproc resume` lifts it." in said.out
    assert "The schedule compensation is paused by " in said.out
    (answer,) = site("status", "--json").objects()
    assert [(pause["scope"], pause["because"]) for pause in answer["pauses"]] == [("everything", "New disks.")]
    examined = site("doctor").out
    assert "Everything is paused by " in examined
    assert "-> `mediaproc resume` lifts it." in examined
    assert "`mediaproc schedules resume compensation` lifts it." in examined
    site("resume")
    site("schedules", "resume", "compensation")
    assert site("status").out.startswith("healthy")
