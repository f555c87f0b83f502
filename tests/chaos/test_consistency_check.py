"""The consistency check of a chaos run finds whatever a broken product would leave."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.chaos.consistency_check import FinalState, complaints, read_final_state
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site

TASK: dict[str, object] = {"id": 1, "file_id": "a", "outcome": "completed", "fail_count": 1}
WAITING: dict[str, object] = {"id": 2, "file_id": "b", "status": "failed", "fail_count": 3, "error": "It died."}
LOST: dict[str, object] = {"task_id": 1, "outcome": "lost", "error": None}
WON = LOST | {"outcome": "completed"}
ATTEMPTS = [LOST, WON, *[LOST | {"task_id": 2}] * 3]
GOOD = FinalState(
    files=[{"id": "a"}, {"id": "b"}], history=[TASK], waiting=[WAITING], attempts=ATTEMPTS, damaged=[], unnamed=[]
)

BROKEN: dict[str, FinalState] = {
    "a task is lost": replace(GOOD, history=[], attempts=ATTEMPTS[2:]),
    "a task is lost and another twice": replace(
        GOOD, history=[TASK, TASK | {"id": 3}], waiting=[], attempts=[*ATTEMPTS[:2], LOST | {"task_id": 3}]
    ),
    "a file is lost that was said to be in": replace(GOOD, enqueued={"a", "b", "c"}),
    "a task of a file that is not stored": replace(GOOD, files=[{"id": "a"}]),
    "a file is done and waits": replace(GOOD, files=[{"id": "a"}], waiting=[WAITING | {"file_id": "a"}]),
    "two claims won": replace(GOOD, attempts=[*ATTEMPTS, WON]),
    "a task is cancelled": replace(GOOD, history=[TASK | {"outcome": "cancelled"}]),
    "a task is in processing": replace(GOOD, waiting=[WAITING | {"status": "processing"}]),
    "a task is rejected": replace(GOOD, waiting=[WAITING | {"status": "rejected"}]),
    "a task waits without a reason": replace(GOOD, waiting=[WAITING | {"error": ""}]),
    "an attempt failed": replace(GOOD, attempts=[*ATTEMPTS, LOST | {"outcome": "failed"}]),
    "an attempt never ended": replace(GOOD, attempts=[*ATTEMPTS, LOST | {"outcome": None}]),
    "a strike without a lost attempt": replace(GOOD, history=[TASK | {"fail_count": 2}]),
    "nothing was done": FinalState(files=[], history=[], waiting=[], attempts=[], damaged=[], unnamed=[]),
}


def test_a_good_end_is_no_complaint() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize("broken", BROKEN)
def test_whatever_is_broken_is_a_complaint(broken: str) -> None:
    assert complaints(BROKEN[broken])


def execute(site: Site, statement: str) -> None:
    with site.engine.begin() as connection:
        connection.execute(text(statement))


def leave_an_object(site: Site) -> None:
    nobodys = site.scratch / "nobodys"
    nobodys.write_bytes(b"")
    sha256 = hashlib.sha256(b"").hexdigest()
    site.store.put("nobodys", nobodys, sha256=sha256, content_type="video/mp4", stop=threading.Event())


DAMAGES: dict[str, Callable[[Site], object]] = {
    "another source": lambda site: execute(site, "UPDATE media_files SET size = size + 1"),
    "another rendition": lambda site: execute(site, "UPDATE media_process_history SET output_sha256 = 'another'"),
    "no source": lambda site: site.store.delete(site.value("SELECT object_key FROM media_files")),
    "no rendition": lambda site: site.store.delete(site.value("SELECT output_key FROM media_process_history")),
    "an object that nobody names": leave_an_object,
    "scratch": lambda site: (site.scratch / "executor-of-somebody").mkdir(),
    "no task": lambda site: execute(site, "DELETE FROM media_process_history"),
}


def test_whatever_is_broken_on_a_real_site_is_one_more_complaint(site: Site, clips: Clips, tmp_path: Path) -> None:
    site.enqueue([clips.make("mov", seconds=0.2, seed=70_000)])
    with ExecutorProcess(settings=site.settings, arguments=("--until-idle",)) as executor:
        assert executor.wait() == 0
    known = complaints(read_final_state(site, folder=tmp_path))
    assert known == []
    for name, damage in DAMAGES.items():
        damage(site)
        told = complaints(read_final_state(site, folder=tmp_path))
        assert set(told) - set(known), name
        known = told
