"""The answer to a COMMIT is lost: the executor finds out whether it was committed, and nothing is done twice."""

import signal
from pathlib import Path

import pytest

from tests.parts.clips import Clips
from tests.parts.executors import PATIENCE, ExecutorProcess
from tests.parts.proxy import PostgresProxy
from tests.parts.site import Site

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

TASKS = 50
# Claims whose answers are lost; each pauses claiming for longer.
CLAIMS = 4
# On a busy machine a short lease would run out, and add attempts that this test is not about.
PATIENT = {"lease": "60", "heartbeat": "15"}


def test_fifty_settlings_whose_answers_are_lost_are_fifty_history_rows(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    tasks = site.enqueue(clips.make_many(TASKS, kind="mov", seconds=0.2, first_seed=30_000))
    cut = proxy.cut_commit("INSERT INTO media_process_history", times=TASKS)
    with ExecutorProcess(settings=behind | {"slots": "2"} | PATIENT) as one:
        assert cut.wait_for(TASKS, timeout=2 * PATIENCE)
        for task in tasks:
            one.wait_for(event="completed", task=task)
        one.send(signal.SIGTERM)
        assert one.wait() == 0
        assert one.matching(event="claim_lost") == []
    history = site.history()
    assert set(history) == set(tasks)
    assert [row["outcome"] for row in history.values()] == ["completed"] * TASKS
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"] * TASKS
    assert site.assert_renditions_are_whole(folder=tmp_path) == TASKS
    site.assert_nothing_is_left()


def test_claims_whose_answers_are_lost_are_given_back_without_a_strike(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips
) -> None:
    tasks = site.enqueue(clips.make_many(3, kind="mov", seconds=0.2, first_seed=31_000))
    cut = proxy.cut_commit("due_tasks", times=CLAIMS)
    with ExecutorProcess(settings=behind | PATIENT) as one:
        assert cut.wait_for(CLAIMS, timeout=PATIENCE)
        for task in tasks:
            one.wait_for(event="completed", task=task)
        one.send(signal.SIGTERM)
        assert one.wait() == 0
    history = site.history()
    assert set(history) == set(tasks)
    assert {row["fail_count"] for row in history.values()} == {0}
    outcomes = [attempt["outcome"] for attempt in site.attempts()]
    assert set(outcomes) == {"completed", "released"}
    assert outcomes.count("completed") == len(tasks)
    site.assert_nothing_is_left()
