"""A node that cannot do a task leaves it to nodes that can, and `status` tells where no node can."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from mediaproc.core.health import Health, diagnose
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.db.database import Database
from mediaproc.db.views.health_figures import figures
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.store.store_url import open_store
from tests.chaos.workload import PROFILES
from tests.parts.claim_queries import ClaimQueries
from tests.parts.clips import Clips
from tests.parts.executors import PATIENCE, ExecutorProcess, executors
from tests.parts.faulty_ffmpeg import make_ffmpeg_without_decoder, make_ffmpeg_without_encoder
from tests.parts.minio import MinioServer
from tests.parts.settings import told
from tests.parts.site import Site, make_runner


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)
    return file


def test_nodes_with_another_store_or_without_the_profile_leave_tasks_to_those_that_can(
    site: Site, clips: Clips, minio_server: MinioServer, profiles: Path
) -> None:
    claim_queries = ClaimQueries(site.engine)
    other_store = site.settings | {"store_url": minio_server.url(minio_server.make_bucket()), "profiles": str(profiles)}
    open_store(other_store["store_url"]).prepare()
    with ExitStack() as block:
        for settings in (other_store, site.settings):
            bad = block.enter_context(ExecutorProcess(settings=settings))
            bad.wait_for(event="listening")
        task = _enqueue_small(site, clips)
        # Two ticks of each node, and the claims that the new task's notification causes.
        claim_queries.wait_for(claim_queries.count + 8)
        assert site.attempts() == []
        with site.engine.connect() as connection:
            health = diagnose(figures(connection))
        assert health.health is Health.ATTENTION
        assert [reason for reason in health.reasons if "1 task for the profile small" in reason]
        with executors("0/1", settings=site.settings | {"profiles": str(profiles)}) as (good,):
            good.wait_for(event="completed", task=task)
    assert [(row["id"], row["fail_count"]) for row in site.history().values()] == [(task, 0)]
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"]


def test_a_node_whose_ffmpeg_cannot_encode_ends_with_a_sentence_before_it_claims(
    directory_site: Site, clips: Clips, tmp_path: Path
) -> None:
    site = directory_site
    (task,) = site.enqueue(clips.make_many(1, seconds=0.4))
    program = make_ffmpeg_without_encoder(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "mediaproc", "executor"],
        env=told(site.settings | {"ffmpeg": str(program)}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 3
    assert f"{program} lacks the encoder libx264: install an ffmpeg that has it" in ended.stderr
    assert site.rows_of("SELECT id FROM media_process WHERE status = 'pending'") == [task]
    assert site.attempts() == []


def test_a_node_that_lacks_a_decoder_leaves_the_task_to_one_that_has_it(
    directory_site: Site, clips: Clips, tmp_path: Path
) -> None:
    site = directory_site
    claim_queries = ClaimQueries(site.engine)
    (task, other) = site.enqueue([clips.make_hevc(), clips.make("avi", seconds=0.4, seed=41_000)])
    with ExecutorProcess(settings=site.settings | make_ffmpeg_without_decoder(tmp_path)) as bad:
        assert bad.wait_for(event="decoders_missing")["lacks"] == "hevc"
        bad.wait_for(event="released", task=task)
        bad.wait_for(event="completed", task=other)
        # The claims that the released task's notification causes, and a few ticks.
        claim_queries.wait_for(claim_queries.count + 5)
        (row,) = site.rows("SELECT status, fail_count, error_class, error, needs_decoders FROM media_process")
        assert (row["status"], row["fail_count"], row["needs_decoders"]) == ("pending", 0, ["hevc"])
        assert row["error_class"] == "decoder_missing"
        assert "lacks the decoder for hevc" in row["error"]
        assert len(site.attempts()) == 2
        with site.engine.connect() as connection:
            health = diagnose(figures(connection))
        assert health.health is Health.ATTENTION
        assert [reason for reason in health.reasons if "needs the decoder for hevc: give one of them" in reason]
        with executors("0/1", settings=site.settings) as (good,):
            good.wait_for(event="completed", task=task)
    assert {row["id"]: row["fail_count"] for row in site.history().values()} == {task: 0, other: 0}
    outcomes = [attempt["outcome"] for attempt in site.attempts() if attempt["task_id"] == task]
    assert outcomes == ["released", "completed"]


def test_a_task_follows_its_file_into_the_sites_new_store(site: Site, clips: Clips, minio_server: MinioServer) -> None:
    (clip,) = clips.make_many(1, seconds=0.4)
    (task,) = site.enqueue([clip])
    new_url = minio_server.url(minio_server.make_bucket())
    new_store = open_store(new_url)
    new_store.prepare()
    again = Enqueuer(database=Database(site.engine), store=new_store, runner=make_runner()).enqueue(clip, stop=Event())
    assert (again.status, again.task) == ("duplicate", task)
    assert site.value("SELECT bucket FROM media_process") == new_store.bucket
    with executors("0/1", settings=site.settings | {"store_url": new_url}) as (one,):
        assert one.wait() == 0
    assert [(row["id"], row["output_bucket"]) for row in site.history().values()] == [(task, new_store.bucket)]


def _enqueue_small(site: Site, clips: Clips) -> int:
    enqueuer = Enqueuer(
        database=Database(site.engine), store=site.store, runner=make_runner(), extra=parse_profiles(PROFILES)
    )
    (clip,) = clips.make_many(1, seconds=0.4)
    enqueued = enqueuer.enqueue(clip, profiles=("small",), stop=Event())
    assert enqueued.task is not None
    return enqueued.task
