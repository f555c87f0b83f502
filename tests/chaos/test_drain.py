"""A drain ends within its bounds whatever hangs; nothing else ends it here, since no answer has a timeout."""

import signal
from pathlib import Path

import pytest

from tests.chaos import without_timeouts
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess, gone
from tests.parts.held_ffmpeg import HeldFfmpeg
from tests.parts.proxy import CommitCut, PostgresProxy, Proxy
from tests.parts.site import Site
from tests.parts.waiting import until

# On a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(600)

CLAIMING = "INSERT INTO media_process_attempt"
# A pass begins by asking whether there is anything to do.
COMPENSATING = "leases_ran_out"


def executor(settings: dict[str, str], *, folder: Path, grace: int = 1) -> ExecutorProcess:
    """An executor whose encodes last until it ends, and whose schedule fires every second."""
    often = {"cron": "* * * * * *", "compensate_cron": "* * * * * *", "drain_grace": str(grace)}
    settings = settings | often | HeldFfmpeg(folder).settings
    return ExecutorProcess(settings=settings, program=Path(without_timeouts.__file__))


def unheard_claim(site: Site, *, proxy: PostgresProxy, clip: Path) -> tuple[int, CommitCut]:
    """A claimed task, and the held answer to its claim; the answers to claims that found nothing arrive."""
    held = proxy.hold_answer(CLAIMING)
    (task,) = site.enqueue([clip])
    while True:
        assert held.wait_for(1)
        if site.value("SELECT status = 'processing' FROM media_process WHERE id = :task", task=task):
            return task, held
        empty, held = held, proxy.hold_answer(CLAIMING)
        empty.release()


def test_it_ends_although_the_database_hangs(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=1, seed=40_000)])
    with executor(behind, folder=tmp_path) as cut_off:
        cut_off.wait_for(event="stage_started", stage="transcode", task=task)
        started = until(cut_off.children)
        proxy.swallow()
        assert proxy.swallowing.wait(60)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
        assert gone(started)
        cut_off.wait_for(event="left_hanging", task=task)
    with ExecutorProcess(settings=site.settings, arguments=("--until-idle",)) as other:
        other.wait_for(event="completed", task=task)


def test_it_ends_although_the_store_hangs(
    site: Site, behind: dict[str, str], store_proxy: Proxy, clips: Clips, tmp_path: Path
) -> None:
    with executor(behind, folder=tmp_path) as cut_off:
        cut_off.wait_for(event="listening")
        store_proxy.swallow()
        (task,) = site.enqueue([clips.make("avi", seconds=1, seed=40_000)])
        cut_off.wait_for(event="stage_started", stage="download", task=task)
        assert store_proxy.swallowing.wait(60)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
        cut_off.wait_for(event="left_hanging", task=task, stage="download")


def test_it_ends_although_a_claim_and_a_compensation_hang(
    behind: dict[str, str], proxy: PostgresProxy, tmp_path: Path
) -> None:
    claim, pass_ = proxy.hold(CLAIMING, times=1000), proxy.hold(COMPENSATING, times=1000)
    with executor(behind, folder=tmp_path) as cut_off:
        assert claim.reached.wait(60)
        assert pass_.reached.wait(60)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
        cut_off.wait_for(event="executor_stopped")


def test_it_ends_although_the_database_hangs_while_it_starts(
    behind: dict[str, str], proxy: PostgresProxy, tmp_path: Path
) -> None:
    proxy.swallow()
    with executor(behind, folder=tmp_path) as cut_off:
        assert proxy.swallowing.wait(60)
        cut_off.send(signal.SIGTERM)
        assert cut_off.wait() == 0
        assert not cut_off.matching(event="draining")


def test_what_a_claim_brings_while_it_drains_is_given_back(
    site: Site, behind: dict[str, str], proxy: PostgresProxy, clips: Clips, tmp_path: Path
) -> None:
    first, second = (clips.make("avi", seconds=1, seed=seed) for seed in (40_000, 40_001))
    (running,) = site.enqueue([first])
    # The grace lasts until the second signal.
    with executor(behind | {"slots": "2"}, folder=tmp_path, grace=600) as draining:
        draining.wait_for(event="stage_started", stage="transcode", task=running)
        late, held = unheard_claim(site, proxy=proxy, clip=second)
        draining.send(signal.SIGTERM)
        draining.wait_for(event="draining")
        held.release()
        draining.wait_for(event="unheard_claims_released", tasks=1)
        draining.send(signal.SIGTERM)
        assert draining.wait() == 0
        assert not draining.matching(task=late)
    rows = site.rows("SELECT id, status, fail_count FROM media_process ORDER BY id")
    assert [(row["id"], row["status"], row["fail_count"]) for row in rows] == [
        (running, "pending", 0),
        (late, "pending", 0),
    ]


def test_what_a_supervisor_kills_in_its_grace_is_taken_by_another_unharmed(
    site: Site, clips: Clips, tmp_path: Path
) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=1, seed=40_000)])
    with executor(site.settings, folder=tmp_path, grace=600) as draining:
        draining.wait_for(event="stage_started", stage="transcode", task=task)
        draining.send(signal.SIGTERM)
        until(lambda: site.value("SELECT state = 'draining' FROM media_executor"))
        draining.kill()
    with ExecutorProcess(settings=site.settings, arguments=("--until-idle",)) as other:
        other.wait_for(event="completed", task=task)
    assert site.history()[task]["fail_count"] == 0
    assert [one["outcome"] for one in site.attempts()] == ["released", "completed"]
