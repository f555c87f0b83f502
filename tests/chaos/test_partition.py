"""A network partition without an error: the executor fences itself, others go on, and afterwards it works again."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.db.tasks.expired_leases import fail_expired_leases as fail_what_is_over
from tests.chaos import without_token
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, gone
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.proxy import PostgresProxy
from tests.parts.site import Site
from tests.parts.waiting import until

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(900)

FENCED = "the lease could not be renewed"
SETTLING = "INSERT INTO media_process_history"

# The test ends the leases itself; these do not run out by chance on a busy machine.
PATIENT = {"lease": "60", "heartbeat": "15"}


def compensated(site: Site) -> bool:
    """Whether one more pass failed the task: a renewal that is cut off before its COMMIT locks the row for seconds."""
    site.compensate()
    return bool(site.value("SELECT status = 'failed' FROM media_process"))


def test_whoever_is_cut_off_stops_itself_and_works_again_when_healed(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=40, size=(640, 480), seed=40_000)])
    with ExecutorProcess(settings=behind) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        running = until(cut_off.ffmpeg)
        proxy.swallow()
        cut_off.wait_for(event="told_to_stop", task=task, reason=FENCED)
        assert gone(running)
        with ExecutorProcess(settings=site.settings) as other:
            other.wait_for(event="completed", task=task)
            proxy.heal()
            cut_off.wait_for(event="claim_lost", task=task)
            other.send(signal.SIGTERM)
            assert other.wait() == 0
            winner = other.executor_id
        (next_task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=40_001)])
        cut_off.wait_for(event="completed", task=next_task)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
    assert str(site.history()[task]["claimed_by"]) == winner
    assert site.assert_renditions_are_whole(folder=tmp_path) == 2
    site.assert_nothing_is_left()


def test_whoever_was_cut_off_takes_back_the_strike_for_its_lost_lease(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=20, size=(640, 480), seed=41_000)])
    with ExecutorProcess(settings=behind) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        proxy.swallow()
        cut_off.wait_for(event="told_to_stop", task=task, reason=FENCED)
        # From this event on the executor knows of the partition; earlier it may take the silence for a pause of itself.
        cut_off.wait_for(event="settle_waits", task=task)
        until(lambda: compensated(site))
        assert site.value("SELECT fail_count FROM media_process") == 1
        proxy.heal()
        cut_off.wait_for(event="strike_taken_back", task=task)
        cut_off.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0


class Duel:
    """Two executors over the same tasks, one of them cut off while all its verdicts are on their way."""

    def __init__(
        self, site: Site, *, behind: dict[str, str], proxy: PostgresProxy, clips: list[Path], folder: Path
    ) -> None:
        self._site, self._behind, self._proxy, self._clips, self._folder = site, behind, proxy, clips, folder
        self._held_ffmpeg = HeldFfmpeg(folder)
        self.winner = ""

    def run(self, *, program: Path | None = None) -> None:
        """The swallowed packets arrive while the rival works on the same tasks; both executors go on to the end.

        Without a `program` the executor that was cut off is the product, and loses every claim.
        """
        self._site.enqueue(self._clips)
        many = len(self._clips)
        sent, held = self._proxy.watch(SETTLING), self._proxy.hold(SETTLING, times=1000)
        settings = self._behind | PATIENT | {"slots": str(many)}
        with ExecutorProcess(settings=settings, program=program) as cut_off:
            cut_off.wait_for(event="stage_started", stage="claim", count=many)
            settings = self._site.settings | PATIENT | {"slots": str(many)} | self._held_ffmpeg.settings
            with ExecutorProcess(settings=settings) as rival:
                rival.wait_for(event="listening")
                until(lambda: sent.count >= many)
                self._proxy.swallow()
                self._end_leases()
                until(lambda: self._taken_over(rival))
                self._proxy.heal()
                held.release()
                cut_off.wait_for(event="claim_lost" if program is None else "completed", count=many)
                self._held_ffmpeg.let_go()
                rival.wait_for(event="completed" if program is None else "claim_lost", count=many)
                self.winner = rival.executor_id
                for one in (cut_off, rival):
                    one.send(signal.SIGTERM)
                    assert one.wait() == 0

    def _end_leases(self) -> None:
        with self._site.engine.begin() as connection:
            # A renewal that is cut off before its COMMIT has the rows locked until the server ends its session.
            connection.execute(text("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"))
            connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 s'"))

    def _taken_over(self, rival: ExecutorProcess) -> bool:
        with self._site.engine.begin() as connection:
            fail_what_is_over(connection, hold_off=0.0)
        return len(rival.matching(event="stage_started", stage="transcode")) == len(self._clips)

    def assert_each_was_won_once(self) -> None:
        """One `completed` attempt, one history row and one object for each task: its winner's."""
        history, attempts = self._site.history(), self._site.attempts()
        assert len(history) == len(self._clips)
        for task, row in history.items():
            lost, won = (attempt for attempt in attempts if attempt["task_id"] == task)
            # The executor takes its strike back if it noticed that it was cut off.
            assert lost["outcome"] in {"lost", "released"}
            assert (won["outcome"], str(won["executor_id"])) == ("completed", self.winner)
            assert (row["outcome"], row["claim_token"], row["output_key"]) == (
                "completed",
                won["claim_token"],
                won["output_key"],
            )
        assert self._site.assert_renditions_are_whole(folder=self._folder) == len(self._clips)
        self._site.assert_nothing_is_left()


def test_of_ten_that_were_cut_off_at_their_settle_none_wins_beside_its_rival(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    sources = clips.make_many(10, seconds=0.2, first_seed=30_000)
    duel = Duel(site, behind=behind, proxy=proxy, clips=sources, folder=tmp_path)
    duel.run()
    duel.assert_each_was_won_once()


def test_without_the_token_they_would(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    """The control of the one above."""
    sources = clips.make_many(2, seconds=0.2, first_seed=30_000)
    duel = Duel(site, behind=behind, proxy=proxy, clips=sources, folder=tmp_path)
    duel.run(program=Path(without_token.__file__))
    with pytest.raises(AssertionError):
        duel.assert_each_was_won_once()
