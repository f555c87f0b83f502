"""An executor that fails what others do pauses, tries one task after a pause, and goes on once one is done."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from mediaproc import log
from mediaproc.core.backoff import task_failure
from mediaproc.core.outlier import LEAST_FAILURES
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask
from mediaproc.db.database import Database
from mediaproc.db.tasks.claim import Claimant
from mediaproc.executor.backpressure import Backpressure
from mediaproc.executor.outlier_detection import OutlierDetection
from mediaproc.scratch import Scratch
from mediaproc.store.directory import DirectoryStore
from tests.db.sample_rows import complete, executor, failed, insert_task, set_back
from tests.db.task_rows import claim_one, rendition

FREE = 4
BASE = 10.0


@dataclass
class Node:
    """One executor's detection and backpressure beside a peer, with attempts that end as they are told."""

    engine: Engine
    own: Claimant
    peer: Claimant
    backpressure: Backpressure
    detection: OutlierDetection
    tasks: int = 0

    def ends(self, *, done: bool) -> ClaimedTask:
        """A new task is claimed here and ends; as the trial, if one is due."""
        task = self._claimed(by=self.own)
        self.backpressure.claimed(task.claim_token)
        self._settle(task, done=done)
        self.detection.attempt_settled(task, ending=rendition(task) if done else failed())
        self.backpressure.ended(task.claim_token, got_through=True)
        return task

    def peer_ends(self, *, done: bool) -> None:
        self._settle(self._claimed(by=self.peer), done=done)

    def strikes(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(text("SELECT coalesce(sum(fail_count), 0) FROM media_process")) or 0

    def _claimed(self, *, by: Claimant) -> ClaimedTask:
        self.tasks += 1
        with self.engine.begin() as connection:
            # What was taken back is due again, and not what this is about.
            connection.execute(text("UPDATE media_process SET next_attempt_at = now() + interval '1 hour'"))
            insert_task(connection, self.tasks)
        return claim_one(self.engine, by=by)

    def _settle(self, task: ClaimedTask, *, done: bool) -> None:
        with self.engine.begin() as connection:
            if done:
                complete(connection, task)
            else:
                set_back(connection, task, failed())


def make_node(engine: Engine, *, folder: Path, is_confined: bool = False) -> Node:
    store = DirectoryStore(folder / "store")
    store.prepare()
    with engine.begin() as connection:
        own, peer = executor(connection), executor(connection)
    backpressure = Backpressure(store=store, scratch=Scratch(folder / "scratch", executor_id=uuid4()), log=log.get())
    detection = OutlierDetection(
        Database(engine),
        executor_id=own.executor_id,
        backpressure=backpressure,
        policy=task_failure(base=BASE, cap=6 * BASE),
        is_confined=is_confined,
        log=log.get(),
    )
    return Node(engine, own=own, peer=peer, backpressure=backpressure, detection=detection)


@pytest.fixture
def node(engine: Engine, tmp_path: Path) -> Node:
    return make_node(engine, folder=tmp_path)


def test_who_fails_beside_a_peer_that_does_well_pauses_and_takes_its_strikes_back(node: Node) -> None:
    node.peer_ends(done=True)
    for failures in range(LEAST_FAILURES):
        assert node.strikes() == failures
        node.ends(done=False)
        if failures == 0:
            node.peer_ends(done=True)
    assert node.backpressure.allowance(FREE) == 0
    assert f"Of its last {LEAST_FAILURES} tasks {LEAST_FAILURES} failed, while other executors did theirs." in (
        node.backpressure.paused_for or ""
    )
    assert node.strikes() == 0


def test_a_task_done_now_and_then_hides_nothing(node: Node) -> None:
    """As where the encoder is broken and some sources need only to be copied."""
    for done in [False, False, True, False, False, True, False]:
        assert node.backpressure.allowance(FREE) == FREE
        node.ends(done=done)
        node.peer_ends(done=True)
    assert (node.backpressure.allowance(FREE), node.strikes()) == (0, 0)
    assert "Of its last 7 tasks 5 failed" in (node.backpressure.paused_for or "")


def test_who_has_done_well_begins_anew(node: Node) -> None:
    failures = [False] * (LEAST_FAILURES - 1)
    for done in [*failures, *[True] * LEAST_FAILURES, *failures]:
        node.ends(done=done)
        node.peer_ends(done=True)
    assert node.backpressure.allowance(FREE) == FREE


def test_peers_that_are_done_later_are_seen_at_the_next_tick(node: Node) -> None:
    for _ in range(LEAST_FAILURES):
        node.ends(done=False)
    node.detection.compare()
    assert (node.backpressure.allowance(FREE), node.strikes()) == (FREE, LEAST_FAILURES)
    node.peer_ends(done=True)
    node.detection.compare()
    assert (node.backpressure.allowance(FREE), node.strikes()) == (0, 0)


def pause(node: Node) -> None:
    for _ in range(LEAST_FAILURES):
        node.ends(done=False)
    node.peer_ends(done=True)
    node.detection.compare()
    assert node.backpressure.allowance(FREE) == 0


def test_a_trial_that_fails_doubles_the_pause_and_strikes_nobody(
    node: Node, pass_time: Callable[[float], None]
) -> None:
    pause(node)
    for doubled in (1, 2, 4, 6, 6):
        # A tick in between lengthens nothing, nor does what was begun before and ends now.
        node.detection.compare()
        node.ends(done=False)
        pass_time(doubled * BASE / 2 - 0.1)
        assert node.backpressure.allowance(FREE) == 0
        pass_time(doubled * BASE / 2 + 0.2)
        assert node.backpressure.allowance(FREE) == 1
        assert node.backpressure.paused_for is not None
        node.ends(done=False)
        assert node.backpressure.allowance(FREE) == 0
        assert node.strikes() == 0


def test_a_trial_that_comes_as_far_as_its_transcode_shows_nothing(
    node: Node, pass_time: Callable[[float], None]
) -> None:
    pause(node)
    pass_time(BASE + 0.1)
    assert node.backpressure.allowance(FREE) == 1
    node.backpressure.claimed(trial := uuid4())
    node.backpressure.comes_to(Stage.TRANSCODE, claim_token=trial)
    assert node.backpressure.allowance(FREE) == 0


def test_a_trial_that_is_done_ends_the_pause(node: Node, pass_time: Callable[[float], None]) -> None:
    pause(node)
    pass_time(BASE + 0.1)
    assert node.backpressure.allowance(FREE) == 1
    node.ends(done=True)
    assert node.backpressure.allowance(FREE) == FREE
    assert node.backpressure.paused_for is None
    # And what fails next is counted anew.
    node.ends(done=False)
    assert (node.backpressure.allowance(FREE), node.strikes()) == (FREE, 1)


def test_where_the_others_fail_as_well_it_is_no_outlier_any_more(
    node: Node, pass_time: Callable[[float], None]
) -> None:
    pause(node)
    for _ in range(2):
        node.peer_ends(done=False)
    pass_time(BASE + 0.1)
    assert node.backpressure.allowance(FREE) == 1
    node.ends(done=False)
    assert (node.backpressure.allowance(FREE), node.backpressure.paused_for, node.strikes()) == (FREE, None, 3)


def test_with_nobody_to_compare_with_an_outlier_stays_one(
    node: Node, engine: Engine, pass_time: Callable[[float], None]
) -> None:
    pause(node)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_executor SET state = 'stopped' WHERE id = :id"), {"id": node.peer.executor_id}
        )
    pass_time(BASE + 0.1)
    assert node.backpressure.allowance(FREE) == 1
    node.ends(done=False)
    assert node.backpressure.allowance(FREE) == 0
    assert node.strikes() == 1


def test_who_takes_nothing_but_its_own_tasks_is_no_outlier(engine: Engine, tmp_path: Path) -> None:
    node = make_node(engine, folder=tmp_path, is_confined=True)
    for _ in range(LEAST_FAILURES):
        node.ends(done=False)
    node.peer_ends(done=True)
    node.detection.compare()
    assert (node.backpressure.allowance(FREE), node.strikes()) == (FREE, LEAST_FAILURES)
