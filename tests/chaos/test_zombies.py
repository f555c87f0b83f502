"""An executor that was stopped, replaced and continued changes nothing, wherever it was stopped."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos import without_token
from tests.parts.clips import Clips
from tests.parts.executors import PATIENCE, ExecutorProcess
from tests.parts.proxy import PostgresProxy, Proxy
from tests.parts.site import Site

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

CLAIMING, ANNOUNCING, SETTLING = "due_tasks", "SET output_bucket=", "INSERT INTO media_process_history"

Release = Callable[[], None]
# Arms the proxies before the executor starts. The returned function stops the executor, and returns the release.
Stop = Callable[[PostgresProxy, Proxy], Callable[[ExecutorProcess], Release]]


def after_claim(proxy: PostgresProxy, _store: Proxy) -> Callable[[ExecutorProcess], Release]:
    """The row is claimed, and the answer to the claim has not arrived."""
    held = proxy.hold_answer(CLAIMING)

    def stop(zombie: ExecutorProcess) -> Release:
        assert held.wait_for(1, timeout=PATIENCE)
        zombie.send(signal.SIGSTOP)
        # The answer waits for the executor to wake up, which is long after its timeout.
        return held.release

    return stop


def before_settle(proxy: PostgresProxy, _store: Proxy) -> Callable[[ExecutorProcess], Release]:
    """The output is uploaded, and the verdict is on its way."""
    held = proxy.hold(SETTLING)

    def stop(zombie: ExecutorProcess) -> Release:
        assert held.reached.wait(PATIENCE)
        zombie.send(signal.SIGSTOP)
        return held.release

    return stop


def in_upload(proxy: PostgresProxy, store: Proxy) -> Callable[[ExecutorProcess], Release]:
    """The output's key is announced, and the object's bytes are on their way."""
    held = proxy.hold(ANNOUNCING)

    def stop(zombie: ExecutorProcess) -> Release:
        assert held.reached.wait(PATIENCE)
        store.swallow()
        held.release()
        assert store.swallowing.wait(PATIENCE)
        zombie.send(signal.SIGSTOP)
        return store.heal

    return stop


def in_stage(stage: str) -> Stop:
    """The announcement after the stages is held, since the rest of a stage may be over before the signal arrives."""

    def arm(proxy: PostgresProxy, _store: Proxy) -> Callable[[ExecutorProcess], Release]:
        held = proxy.hold(ANNOUNCING)

        def stop(zombie: ExecutorProcess) -> Release:
            zombie.wait_for(event="stage_started", stage=stage)
            zombie.send(signal.SIGSTOP)
            return held.release

        return stop

    return arm


STOPS: dict[str, Stop] = {
    "after claim": after_claim,
    "in download": in_stage("download"),
    "in probe": in_stage("probe"),
    "in transcode": in_stage("transcode"),
    "in verify": in_stage("verify"),
    "in upload": in_upload,
    "before settle": before_settle,
}


class Play:
    """A zombie and its successor over one task."""

    def __init__(
        self, site: Site, *, behind: dict[str, str], proxy: PostgresProxy, store_proxy: Proxy, clip: Path
    ) -> None:
        self._site = site
        self._behind = behind
        self._proxies = (proxy, store_proxy)
        self._clip = clip
        self.successor_id = ""

    def run(self, stop: Stop, *, meanwhile: bool, program: Path | None = None) -> None:
        """Stops the executor, starts its successor, and continues it during or after the successor's work."""
        (task,) = self._site.enqueue([self._clip])
        stop_it = stop(*self._proxies)
        with ExitStack() as block:
            zombie = block.enter_context(ExecutorProcess(settings=self._behind, program=program))
            release = stop_it(zombie)
            successor = block.enter_context(ExecutorProcess(settings=self._site.settings))
            successor.wait_for(event="stage_started", stage="transcode", task=task)
            if not meanwhile:
                successor.wait_for(event="completed", task=task)
            release()
            zombie.send(signal.SIGCONT)
            zombie.wait_for(event="claim_lost" if program is None else "completed")
            successor.wait_for(event="completed" if program is None else "claim_lost", task=task)
            self.successor_id = successor.executor_id
            for one in (zombie, successor):
                one.send(signal.SIGTERM)
                assert one.wait() == 0

    def assert_the_successor_won(self, *, folder: Path) -> None:
        """Asserts that token, history, object and strikes are the successor's, and nothing of the zombie is left."""
        (row,) = self._site.history().values()
        lost, won = self._site.attempts()
        assert str(row["claimed_by"]) == self.successor_id
        assert (row["claim_token"], row["output_key"]) == (won["claim_token"], won["output_key"])
        assert [lost["outcome"], won["outcome"]] == ["lost", "completed"]
        # One strike: that of the lost claim.
        assert (row["fail_count"], row["attempt"]) == (1, 2)
        assert self._site.assert_renditions_are_whole(folder=folder) == 1
        self._site.assert_nothing_is_left()


@pytest.fixture
def play(site: Site, behind: dict[str, str], proxy: PostgresProxy, store_proxy: Proxy, clips: Clips) -> Play:
    clip = clips.make("avi", seconds=8, size=(480, 360), seed=20_000)
    return Play(site, behind=behind, proxy=proxy, store_proxy=store_proxy, clip=clip)


@pytest.mark.parametrize("meanwhile", [True, False], ids=["while its successor works", "after its successor settled"])
@pytest.mark.parametrize("stop", STOPS)
def test_a_zombie_changes_nothing(play: Play, tmp_path: Path, *, stop: str, meanwhile: bool) -> None:
    play.run(STOPS[stop], meanwhile=meanwhile)
    play.assert_the_successor_won(folder=tmp_path)


def test_without_the_token_predicate_the_zombie_wins(play: Play, tmp_path: Path) -> None:
    """The control of the test above: it must be the token that refuses the zombie."""
    play.run(before_settle, meanwhile=True, program=Path(without_token.__file__))
    with pytest.raises(AssertionError):
        play.assert_the_successor_won(folder=tmp_path)
