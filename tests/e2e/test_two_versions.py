"""The last release and this version work on one database through the migration, whichever is upgraded first."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mediaproc.db.engine import connect
from mediaproc.db.schema_version import SCHEMA_REVISION
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.last_release import REVISION, Release
from tests.parts.site import Site, make_site, with_quick_tools
from tests.parts.waiting import until

# No executor is taken for dead on a busy machine, and a drain lets every task finish.
_PATIENT = {"lease": "120", "drain_grace": "120"}
_UNFINISHED = "SELECT count(*) FROM media_process"
_BACKLOG, _AT_ONCE = 6, 4


@pytest.fixture
def site(empty_database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site without tables, whose store is a directory."""
    (tmp_path / "store").mkdir()
    engine: Engine = connect(empty_database_url)
    store_url = (tmp_path / "store").as_uri()
    made = with_quick_tools(make_site(engine, database_url=empty_database_url, store_url=store_url, folder=tmp_path))
    # The last release knows no roles, and has another table of revisions: every node connects as the owner.
    made.settings.update(_PATIENT | {"database_url": empty_database_url})
    yield made
    engine.dispose()


@dataclass
class Uploads:
    """Enqueues files until `ended` is set, by clients of each of these versions in turn."""

    site: Site
    clip: Path
    clients: list[Release]
    ended: threading.Event = field(default_factory=threading.Event)
    tasks: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        for number in range(0, 10_000, _AT_ONCE):
            while self.site.value(_UNFINISHED) >= _BACKLOG:
                if self.ended.wait(0.1):
                    return
            if self.ended.is_set():
                return
            self._enqueue(
                self.clients[number // _AT_ONCE % len(self.clients)], numbers=range(number, number + _AT_ONCE)
            )

    def _enqueue(self, client: Release, *, numbers: range) -> None:
        files = [self.clip.with_name(f"upload-{number}.avi") for number in numbers]
        for number, file in zip(numbers, files, strict=True):
            # A demuxer stops at the container's end: bytes after it make another file of the same film.
            file.write_bytes(self.clip.read_bytes() + number.to_bytes(8, "big"))
        done = client.run("enqueue", "--json", *files, settings=self.site.settings)
        if done.returncode != 0:
            self.failures.append(done.stderr)
        self.tasks |= {json.loads(line)["task"] for line in done.stdout.splitlines()}


@contextmanager
def running_uploads(uploads: Uploads) -> Iterator[None]:
    """Files are enqueued during the block; at its end every one of them is done."""
    thread = threading.Thread(target=uploads.run)
    thread.start()
    try:
        yield
        uploads.ended.set()
        thread.join()
        until(lambda: uploads.site.value(_UNFINISHED) == 0)
    finally:
        uploads.ended.set()
        thread.join()


@dataclass
class Nodes:
    """The site's two nodes by shard, each with the version that was started there last."""

    site: Site
    running: dict[str, ExecutorProcess] = field(default_factory=dict)

    def start(self, release: Release, shard: str) -> None:
        self.running[shard] = release.executor(shard, settings=self.site.settings)

    def end(self, shard: str) -> None:
        """Ends the node by SIGTERM, as a deploy does."""
        with self.running.pop(shard) as node:
            node.send(signal.SIGTERM)
            assert node.wait() == 0

    def work(self, shard: str) -> None:
        """Returns once the node has completed one more task."""
        node = self.running[shard]
        node.wait_for(event="completed", count=len(node.matching(event="completed")) + 1)


@contextmanager
def nodes_of(site: Site) -> Iterator[Nodes]:
    nodes = Nodes(site)
    try:
        yield nodes
        for shard in list(nodes.running):
            nodes.end(shard)
    finally:
        for node in nodes.running.values():
            node.__exit__()


def tables_first(nodes: Nodes, uploads: Uploads, *, old: Release, new: Release) -> None:
    migrate(new, site=nodes.site)
    uploads.clients.append(new)
    for shard in ("0/2", "1/2"):
        nodes.work(shard)
    # A node of the last release can also start again.
    nodes.end("0/2")
    nodes.start(old, "0/2")
    nodes.work("0/2")
    nodes.end("0/2")
    nodes.start(new, "0/2")
    for shard in ("0/2", "1/2"):
        nodes.work(shard)


def nodes_first(nodes: Nodes, uploads: Uploads, *, old: Release, new: Release) -> None:
    nodes.end("0/2")
    for command in ("executor", "enqueue"):
        refused = new.run(command, *([uploads.clip] if command == "enqueue" else []), settings=nodes.site.settings)
        assert refused.returncode == 3
        assert f"revision {REVISION}, older" in refused.stderr
        assert "run `mediaproc migrate`" in refused.stderr
    # Where the new version cannot work yet, the last release still can.
    nodes.start(old, "0/2")
    nodes.work("0/2")
    nodes.end("0/2")
    migrate(new, site=nodes.site)
    nodes.start(new, "0/2")
    uploads.clients.append(new)
    for shard in ("0/2", "1/2"):
        nodes.work(shard)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("order", [tables_first, nodes_first])
def test_two_versions_lose_nothing_and_do_nothing_twice_in_either_order_of_upgrade(
    site: Site,
    clips: Clips,
    last_release: Release,
    this_release: Release,
    order: Callable[..., None],
    tmp_path: Path,
) -> None:
    old, new = last_release, this_release
    assert old.run("migrate", settings=site.settings).returncode == 0
    clip = Path(clips.make("avi", seconds=0.4)).rename(tmp_path / "clip.avi")
    uploads = Uploads(site, clip=clip, clients=[old])
    with nodes_of(site) as nodes, running_uploads(uploads):
        for shard in ("0/2", "1/2"):
            nodes.start(old, shard)
        for shard in ("0/2", "1/2"):
            nodes.work(shard)
        order(nodes, uploads, old=old, new=new)
        nodes.end("1/2")
        nodes.start(new, "1/2")
        for shard in ("0/2", "1/2"):
            nodes.work(shard)
    assert uploads.failures == []
    assert set(site.history()) == uploads.tasks
    assert sorted(row["task_id"] for row in site.attempts() if row["outcome"] == "completed") == sorted(uploads.tasks)
    assert {row["outcome"] for row in site.attempts()} <= {"completed", "released"}
    assert site.value("SELECT max(fail_count) FROM media_process_history") == 0
    assert site.assert_renditions_are_whole(folder=tmp_path) == len(uploads.tasks)
    site.assert_nothing_is_left()


def test_an_earlier_node_would_refuse_tables_whose_old_row_was_taken_along(
    site: Site, last_release: Release, this_release: Release
) -> None:
    assert last_release.run("migrate", settings=site.settings).returncode == 0
    migrate(this_release, site=site)
    # Commands that a deploy of the last release may run again.
    for again in (("migrate",), ("executor", "--until-idle")):
        assert last_release.run(*again, settings=site.settings).returncode == 0
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": SCHEMA_REVISION})
    assert last_release.run("executor", "--until-idle", settings=site.settings).returncode == 3


def migrate(release: Release, *, site: Site) -> None:
    migrated = release.run("migrate", settings=site.settings)
    assert migrated.returncode == 0, migrated.stderr
    assert f"(before: {REVISION})" in migrated.stdout
