"""A site whose executor may ask a host of drafts on loopback, and what it left."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, RowMapping

from mediaproc.core.outbound_url import AllowedHosts
from mediaproc.core.profile import DRAFT_FETCH
from mediaproc.db.database import Database
from mediaproc.db.tasks.insert import TaskOfFile
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_download.attempt import DraftDownloader
from mediaproc.enqueue.draft_urls import enqueue_draft_url
from tests.draft_download.downloaders import downloader
from tests.parts.draft_host import DraftHost
from tests.parts.site import Site
from tests.parts.started_executor import started
from tests.parts.waiting import until

SETTING = "MEDIAPROC_FETCH_HOSTS"


@dataclass
class FetchingSite:
    """What is asked for is brought when `run` is called."""

    site: Site
    host: DraftHost
    folder: Path
    limits: BundleLimits = field(default_factory=BundleLimits)
    hosts: frozenset[str] = frozenset()
    # Of the executor, where it has a role of its own.
    engine: Engine | None = None

    def enqueue(self, url: str | None = None, **wish: object) -> TaskOfFile:
        return enqueue_draft_url(
            url or self.host.draft_url,
            database=Database(self.site.engine),
            store=self.site.store,
            stop=threading.Event(),
            **wish,  # type: ignore[arg-type]  # as the function says
        )

    def run(self, task: int) -> RowMapping:
        """Have an executor try the task once; what its attempt's row says then."""
        downloader = self.downloader()
        with started(
            self.engine or self.site.engine, store=self.site.store, folder=self.folder, others={DRAFT_FETCH: downloader}
        ) as watched:
            watched.executor.tick()
            return until(lambda: self.ended(task))

    def downloader(self) -> DraftDownloader:
        hosts = AllowedHosts(setting=SETTING, entries=self.hosts or frozenset({self.host.entry}))
        return downloader(Database(self.engine or self.site.engine), hosts, limits=self.limits)

    def ended(self, task: int) -> RowMapping | None:
        rows = self.site.rows(
            "SELECT * FROM media_process_attempt WHERE task_id = :task AND outcome IS NOT NULL ORDER BY attempt DESC",
            task=task,
        )
        return rows[0] if rows else None

    def child(self, task: int) -> RowMapping:
        """The task that goes on with what this one brought."""
        child = self.site.value("SELECT child_id FROM media_process_history WHERE id = :task", task=task)
        live = self.site.rows("SELECT * FROM media_process WHERE id = :child", child=child)
        # An executor may be done with it.
        done = self.site.rows("SELECT * FROM media_process_history WHERE id = :child", child=child)
        [row] = [*live, *done]
        return row

    def bundle(self, task: int) -> Path:
        """The zip that it brought."""
        path = self.folder / f"bundle-{task}.zip"
        self.site.store.get(str(self.child(task)["object_key"]), path, stop=threading.Event())
        return path


@pytest.fixture
def host() -> Iterator[DraftHost]:
    with DraftHost() as host:
        yield host


@pytest.fixture
def fetching(engine: Engine, directory_site: Site, host: DraftHost, tmp_path: Path) -> FetchingSite:
    assert directory_site.engine is engine
    return FetchingSite(site=directory_site, host=host, folder=tmp_path)
