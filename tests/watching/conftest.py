"""Watches on real parts, looked at by hand, so that no test waits for a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog

from mediaproc.core.settling import Settling
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.signals import Stop
from mediaproc.store.interface import Store
from mediaproc.watching.folder_watch import FolderWatch
from mediaproc.watching.journal import Journal
from mediaproc.watching.putting_away import PuttingAway
from mediaproc.watching.taking import Asked, Record
from tests.parts.site import Site, make_runner

QUIET = 5.0


@pytest.fixture(scope="session")
def runner() -> FfmpegRunner:
    return make_runner()


@dataclass
class Looks:
    """The looks of one process: each comes so many seconds after the one before it."""

    folder: Path
    enqueuer: Enqueuer
    journal_path: Path
    putting_away: PuttingAway | None = None
    leave_out: Path | None = None
    profiles: tuple[str, ...] = ("mp4",)
    told: list[tuple[str, Enqueued]] = field(default_factory=list)
    logged: list[dict[str, Any]] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """As a process that was killed and started again: only the journal's file is left."""
        self.record = Record(
            journal=Journal(self.journal_path, is_alone=True),
            tell=lambda name, enqueued: self.told.append((name, enqueued)),
            log=structlog.wrap_logger(None, processors=[self._log]),
        )
        self.settling = Settling(quiet=QUIET)

    def _log(self, _logger: object, _method: str, event: Any) -> Any:  # noqa: ANN401 - as structlog has it
        self.logged.append(dict(event))
        raise structlog.DropEvent

    def look(self, *, after: float = 0.0) -> list[tuple[str, str]]:
        """One look; returns what it told, by the path beneath the folder."""
        self.now += after
        before = len(self.told)
        self.watch.look(now=self.now, stop=self.stop)
        told = [(str(Path(name).relative_to(self.folder)), each.status) for name, each in self.told[before:]]
        return sorted(told)

    @property
    def watch(self) -> FolderWatch:
        return FolderWatch(
            folder=self.folder,
            enqueuer=self.enqueuer,
            asked=Asked(profiles=self.profiles, priority=3, tenant="ann"),
            record=self.record,
            settling=self.settling,
            putting_away=self.putting_away,
            leave_out=self.leave_out,
        )

    def events(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.logged if each["event"] == name]


MakeLooks = Callable[..., Looks]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def make_looks(site: Site, runner: FfmpegRunner, folder: Path, tmp_path: Path) -> MakeLooks:
    """Looks into `folder`; `store` where it is another than the site's."""

    def make(*, store: Store | None = None, **options: Any) -> Looks:  # noqa: ANN401 - as Looks has them
        enqueuer = Enqueuer(database=Database(site.engine), store=store or site.store, runner=runner)
        return Looks(folder=folder, enqueuer=enqueuer, journal_path=tmp_path / "journal", **options)

    return make


@pytest.fixture
def looks(make_looks: MakeLooks) -> Looks:
    return make_looks()
