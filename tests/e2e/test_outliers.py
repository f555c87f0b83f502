"""A node that fails every task, without a sign at its start, pauses itself, and its strikes are taken back."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.db.grants import DEFAULT_NAMES
from tests.parts.claim_queries import ClaimQueries
from tests.parts.clips import Clips
from tests.parts.executors import PATIENCE, ExecutorProcess, executors
from tests.parts.faulty_ffmpeg import make_broken_ffmpeg
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.postgres import as_role
from tests.parts.settings import told
from tests.parts.site import Site
from tests.parts.waiting import until

BACKLOG = 8
WITHOUT_DETECTION = Path(__file__).with_name("without_outlier_detection.py")


@pytest.mark.parametrize("program", [None, WITHOUT_DETECTION], ids=["guarded", "the control"])
def test_what_a_broken_node_has_struck_out_is_done_by_another_and_the_node_pauses(
    site: Site, clips: Clips, tmp_path: Path, program: Path | None
) -> None:
    """The worst order: the broken node fails the whole backlog three times before the other node has done anything."""
    first, *backlog = clips.make_many(1 + BACKLOG, seconds=0.4)
    held = HeldFfmpeg(tmp_path, only_first=True)
    (tmp_path / "broken").mkdir()
    # The failed tasks are due again in an hour, and the paused node's first trial comes no sooner.
    broken = make_broken_ffmpeg(tmp_path / "broken") | {"backoff": "3600", "backoff_cap": "3600"}
    with ExecutorProcess(settings=site.settings | held.settings | {"slots": "1"}) as good:
        (task,) = site.enqueue([first])
        good.wait_for(event="stage_started", stage="transcode", task=task)
        with ExecutorProcess(settings=site.settings | broken, program=program) as bad:
            bad.wait_for(event="listening")
            site.enqueue(backlog)
            strike_out(site, bad)
            claim_queries = ClaimQueries(site.engine)
            held.let_go()
            good.wait_for(event="completed", task=task)
            if program is not None:
                claim_queries.wait_for(claim_queries.count + 6)
                assert len(struck_out(site)) == BACKLOG
                assert not bad.matching(event="claiming_paused")
                return
            bad.wait_for(event="claiming_paused", part="node")
            good.wait_for(event="completed", count=1 + BACKLOG)
            until(lambda: "is done. Compare its ffmpeg" in status(site))
            assert status(site).startswith("attention\n- ")
            assert bad.matching(event="completed") == []
    assert {(row["fail_count"], row["outcome"]) for row in site.history().values()} == {(0, "completed")}
    assert len(site.history()) == 1 + BACKLOG
    taken_back = [attempt for attempt in site.attempts() if attempt["error_class"] == "outlier"]
    assert {attempt["outcome"] for attempt in taken_back} == {"released"}
    assert len(taken_back) == 3 * BACKLOG
    assert all("Taken back: the executor failed this and other tasks" in attempt["error"] for attempt in taken_back)


def test_where_every_node_is_broken_none_pauses_and_strikes_count(site: Site, clips: Clips, tmp_path: Path) -> None:
    tasks = site.enqueue(clips.make_many(BACKLOG, seconds=0.4))
    with executors("0/1", "0/1", settings=site.settings | make_broken_ffmpeg(tmp_path)) as both:
        for one in both:
            assert one.wait() == 0
            assert one.matching(event="failed")
            assert not one.matching(event="claiming_paused")
    assert struck_out(site) == list(tasks)
    assert {attempt["outcome"] for attempt in site.attempts()} == {"failed"}


def strike_out(site: Site, bad: ExecutorProcess) -> None:
    """Waits for three strikes of each task of the backlog; makes them due again twice, as if their delays were over."""
    bad.wait_for(event="failed", count=BACKLOG)
    for strikes in (2, 3):
        with site.engine.begin() as connection:
            connection.execute(text("UPDATE media_process SET next_attempt_at = now() WHERE status = 'failed'"))
        bad.wait_for(event="failed", count=strikes * BACKLOG)
    assert len(struck_out(site)) == BACKLOG


def struck_out(site: Site) -> list[int]:
    return site.rows_of("SELECT id FROM media_process WHERE status = 'failed' AND fail_count = 3 ORDER BY id")


def status(site: Site) -> str:
    operator = {"database_url": as_role(site.settings["database_url"], DEFAULT_NAMES["operator"])}
    ran = subprocess.run(
        [sys.executable, "-m", "mediaproc", "status"],
        env=told(site.settings | operator),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ran.stdout
