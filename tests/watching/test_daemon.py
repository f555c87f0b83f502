"""`mediaproc enqueue --watch` as a process: it waits for its parts, outlives a kill, and ends when it is told to."""

import json
import shutil
import signal
from contextlib import closing
from pathlib import Path

from mediaproc.db.grants import DEFAULT_NAMES
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.minio import MinioServer
from tests.parts.postgres import as_role
from tests.parts.proxy import Proxy, proxied
from tests.parts.site import Site

# Runs the command, and dies where an arrival that was enqueued is to be remembered.
DYING = """
import os, signal, sys
from mediaproc.cli.main import run
from mediaproc.watching.journal import Journal

Journal.remember = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(run(sys.argv[1:]))
"""


def settings(site: Site, *, database_url: str) -> dict[str, str]:
    chosen = {name: site.settings[name] for name in ("store_url", "home", "scratch")}
    return chosen | {"database_url": as_role(database_url, DEFAULT_NAMES["enqueuer"])}


def watching(*arguments: str) -> tuple[str, ...]:
    return (*arguments, "--quiet", "0.2", "--every", "0.1")


def test_a_watch_waits_for_its_database_and_ends_in_good_order_when_it_is_told_to(
    site: Site, clips: Clips, folder: Path, database_url: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with (
        proxied(database_url) as (proxy, url),
        out.open("wb") as stdout,
        ExecutorProcess(
            settings=settings(site, database_url=url),
            command="enqueue",
            arguments=watching("--watch", str(folder), "--json", "--profile", "mp4,poster"),
            stdout=stdout,
        ) as watch,
    ):
        watch.wait_for(event="watching")
        proxy.refuse()
        shutil.copy(clips.make(seed=1), folder / "film.avi")
        watch.wait_for(event="waiting")
        proxy.heal()
        watch.wait_for(event="taken", status="enqueued")
        watch.send(signal.SIGTERM)
        assert watch.wait() == 0
        assert watch.matching(event="watch_ended")
    [told] = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert (told["path"], told["status"], told["error"]) == (str(folder / "film.avi"), "enqueued", None)
    assert site.rows_of("SELECT profile FROM media_process ORDER BY id") == ["mp4", "poster"]


def test_a_kill_between_enqueueing_and_remembering_makes_no_second_task(
    site: Site, clips: Clips, folder: Path, database_url: str, tmp_path: Path
) -> None:
    chosen = settings(site, database_url=database_url)
    shutil.copy(clips.make(seed=2), folder / "film.avi")
    (tmp_path / "dying.py").write_text(DYING, encoding="utf-8")
    arguments = watching("--watch", str(folder))
    with ExecutorProcess(
        settings=chosen, command="enqueue", arguments=arguments, program=tmp_path / "dying.py"
    ) as killed:
        assert killed.wait() == -signal.SIGKILL
    assert site.value("SELECT count(*) FROM media_process") == 1
    with ExecutorProcess(settings=chosen, command="enqueue", arguments=arguments) as watch:
        watch.wait_for(event="taken", status="duplicate")
        watch.send(signal.SIGINT)
        assert watch.wait() == 0
    assert site.value("SELECT count(*) FROM media_process") == 1


def test_a_watch_of_the_bucket_outlives_its_store_and_ends_when_it_is_told_to(
    site: Site, clips: Clips, minio_server: MinioServer, database_url: str
) -> None:
    chosen = settings(site, database_url=database_url)
    with closing(Proxy(minio_server.port)) as proxy:
        chosen["store_url"] = minio_server.url(site.store.bucket, port=proxy.port)
        arguments = ("--watch-bucket", "incoming", "--every", "0.2", "--remove")
        with ExecutorProcess(settings=chosen, command="enqueue", arguments=arguments) as watch:
            watch.wait_for(event="watching")
            proxy.refuse()
            watch.wait_for(event="waiting")
            minio_server.client().fput_object(site.store.bucket, "incoming/film.avi", str(clips.make(seed=5)))
            proxy.heal()
            watch.wait_for(event="taken", status="enqueued", name="incoming/film.avi")
            watch.send(signal.SIGTERM)
            assert watch.wait() == 0
            assert watch.matching(event="watch_ended")
    assert list(site.store.keys("incoming/")) == []
    assert site.rows_of("SELECT filename FROM media_process") == ["film.avi"]
