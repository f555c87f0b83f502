"""A watched folder of the bucket: each object that others put there is taken once, whatever its key."""

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog

from mediaproc.core.errors import Unavailable
from mediaproc.core.limits import Limits
from mediaproc.core.settling import Settling
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueued, Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.scratch import Scratch
from mediaproc.signals import Stop
from mediaproc.store.interface import Store
from mediaproc.watching.arrival_stream import ArrivalStream, News
from mediaproc.watching.bucket_watch import LISTING_ALONE, LISTING_WHILE_TOLD, BucketWatch
from mediaproc.watching.journal import Journal
from mediaproc.watching.object_putting_away import ObjectMove, ObjectPuttingAway, ObjectRemoval
from mediaproc.watching.taking import Asked, Record
from tests.parts.clips import Clips
from tests.parts.minio import MinioServer
from tests.parts.site import Site

PREFIX = "incoming/"


class ToldByHand(ArrivalStream):
    """A stream of which the test says what it told."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, prefix=PREFIX, log=structlog.get_logger())
        self.next = News()

    def news(self) -> News:
        news, self.next = self.next, News()
        return news


class Looks:
    """The looks of one process at the bucket; what comes from the listing, or from the stream, is told apart."""

    def __init__(self, site: Site, *, store: Store, runner: FfmpegRunner, folder: Path, limits: Limits) -> None:
        self.site, self.store, self._folder = site, store, folder
        self.enqueuer = Enqueuer(database=Database(site.engine), store=store, runner=runner, limits=limits)
        self.stream = ToldByHand(store)
        self.scratch = Scratch(folder / "scratch", executor_id=uuid4())
        self.stop = Stop()
        self.now = 0.0
        self.told: list[tuple[str, Enqueued]] = []
        self.putting_away: ObjectPuttingAway | None = None
        self.begin_anew()

    def begin_anew(self) -> None:
        log: Any = structlog.wrap_logger(None, processors=[_drop])
        journal = Journal(self._folder / "journal", is_alone=True)
        self.record = Record(journal=journal, tell=lambda *told: self.told.append(told), log=log)
        self.watch = BucketWatch(
            PREFIX,
            enqueuer=self.enqueuer,
            asked=Asked(profiles=("mp4",), priority=3, tenant="ann"),
            record=self.record,
            scratch=self.scratch,
            stream=self.stream,
            settling=Settling(quiet=5.0),
            putting_away=self.putting_away,
        )

    def look(self, *told: str, after: float = 0.0) -> list[tuple[str, str]]:
        self.now += after
        self.stream.next = News(keys=told)
        before = len(self.told)
        self.watch.look(now=self.now, stop=self.stop)
        return sorted((key, each.status) for key, each in self.told[before:])

    def tasks(self) -> list[str]:
        return list(map(str, self.site.rows_of("SELECT filename FROM media_process ORDER BY id")))


def _drop(_logger: object, _method: str, _event: object) -> Any:  # noqa: ANN401 - as structlog has it
    raise structlog.DropEvent


Put = Callable[[str, bytes], object]


@pytest.fixture
def put(minio_server: MinioServer, site: Site) -> Put:
    """Puts an object into the site's bucket as another program does."""

    def put_it(key: str, content: bytes) -> None:
        minio_server.client().put_object(site.store.bucket, key, io.BytesIO(content), len(content))

    return put_it


@pytest.fixture
def looks(site: Site, runner: FfmpegRunner, tmp_path: Path) -> Iterator[Looks]:
    looks = Looks(site, store=site.store, runner=runner, folder=tmp_path, limits=Limits(max_size=1_000_000))
    yield looks
    assert [path.name for path in looks.scratch.folder.iterdir() if path.is_dir()] == []
    looks.scratch.close()


def test_what_the_listing_finds_and_what_is_told_are_each_taken_once(looks: Looks, put: Put, clips: Clips) -> None:
    put("incoming/a/one.avi", clips.make(seed=1).read_bytes())
    put("elsewhere/two.avi", clips.make(seed=2).read_bytes())
    put("incoming/half.avi.part", clips.make(seed=2).read_bytes())
    put("incoming/folder/", b"")
    assert looks.look() == [("incoming/a/one.avi", "enqueued")]
    put("incoming/three.avi", clips.make(seed=3).read_bytes())
    assert looks.look() == []
    told = ("incoming/three.avi", "incoming/gone.avi", "elsewhere/two.avi", "incoming/a/one.avi")
    assert looks.look(*told) == [("incoming/three.avi", "enqueued")]
    assert looks.look(after=1_000) == []
    looks.begin_anew()
    assert looks.look() == []
    assert looks.tasks() == ["one.avi", "three.avi"]
    [row] = looks.site.rows("SELECT DISTINCT priority, tenant FROM media_process")
    assert (row["priority"], row["tenant"]) == (3, "ann")


def test_another_object_under_the_same_key_is_taken_too(looks: Looks, put: Put, clips: Clips) -> None:
    for seed in (1, 2):
        put("incoming/film.avi", clips.make(seed=seed).read_bytes())
        assert looks.look("incoming/film.avi") == [("incoming/film.avi", "enqueued")]
    assert looks.tasks() == ["film.avi", "film.avi"]


def test_a_key_is_never_a_path(looks: Looks, put: Put, clips: Clips, tmp_path: Path) -> None:
    keys = ["incoming/a\nb\u202e.avi", "incoming/%2e%2e%2fx.avi", "incoming/c:\\x.avi", "incoming/" + "长" * 80]
    for number, key in enumerate(keys):
        put(key, clips.make(seconds=0.4, seed=number).read_bytes())
    assert looks.look() == sorted((key, "enqueued") for key in keys)
    looks.begin_anew()
    assert looks.look() == []
    assert all(name.isprintable() for name in looks.tasks())
    assert {path.name for path in tmp_path.iterdir()} <= {"scratch", "journal"}


def test_what_is_refused_is_told_once_and_stays(looks: Looks, put: Put, clips: Clips) -> None:
    looks.putting_away = ObjectRemoval(store=looks.store)
    looks.begin_anew()
    put("incoming/letter.avi", b"Dear film, " * 100)
    put("incoming/large.avi", b"\0" * 1_000_001)
    assert looks.look() == [("incoming/large.avi", "refused"), ("incoming/letter.avi", "refused")]
    large = next(each for key, each in looks.told if key == "incoming/large.avi")
    assert large.error is not None
    assert "at most 1" in large.error
    assert looks.look(after=1_000) == []
    put("incoming/letter.avi", clips.make().read_bytes())
    assert looks.look(after=1_000) == [("incoming/letter.avi", "enqueued")]
    assert list(looks.store.keys(PREFIX)) == ["incoming/large.avi"]


def test_what_was_taken_is_moved_and_replaces_nothing(looks: Looks, put: Put, clips: Clips) -> None:
    looks.putting_away = ObjectMove(store=looks.store, prefix=PREFIX, to="taken/")
    looks.begin_anew()
    for seed in (1, 2):
        put("incoming/a.b/film", clips.make(seed=seed).read_bytes())
        assert looks.look("incoming/a.b/film") == [("incoming/a.b/film", "enqueued")]
    assert list(looks.store.keys("taken/")) == ["taken/a.b/film", "taken/a.b/film-2"]
    assert list(looks.store.keys(PREFIX)) == []


def test_an_object_that_took_the_place_of_the_taken_one_is_not_removed(looks: Looks, put: Put, clips: Clips) -> None:
    class Replaced(Enqueuer):
        def enqueue(self, path: Path, **options: Any) -> Enqueued:  # noqa: ANN401 - the parent's
            enqueued = super().enqueue(path, **options)
            put("incoming/film.avi", clips.make(seed=2).read_bytes())
            return enqueued

    first = looks.enqueuer
    looks.putting_away = ObjectRemoval(store=looks.store)
    looks.enqueuer = Replaced(database=first.database, store=first.store, runner=first.runner)
    looks.begin_anew()
    put("incoming/film.avi", clips.make(seed=1).read_bytes())
    assert looks.look() == []
    assert list(looks.store.keys(PREFIX)) == ["incoming/film.avi"]
    looks.enqueuer = first
    looks.begin_anew()
    assert looks.look() == [("incoming/film.avi", "enqueued")]
    assert list(looks.store.keys(PREFIX)) == []
    assert len(looks.tasks()) == 2


def test_what_was_told_before_an_outage_is_found_after_it(looks: Looks, put: Put, clips: Clips) -> None:
    assert looks.look() == []
    put("incoming/film.avi", clips.make().read_bytes())
    with pytest.MonkeyPatch.context() as away:
        away.setattr("mediaproc.store.minio.MinioStore.get", _unavailable)
        with pytest.raises(Unavailable):
            looks.look("incoming/film.avi")
    assert looks.look() == [("incoming/film.avi", "enqueued")]


def _unavailable(*_: object, **__: object) -> None:
    raise Unavailable("The store is away.", error_class="store_unavailable")  # type: ignore[arg-type]


def test_listings_are_rare_while_the_store_tells_what_arrives(looks: Looks, put: Put, clips: Clips) -> None:
    looks.look()
    put("incoming/film.avi", clips.make().read_bytes())
    assert looks.look(after=LISTING_ALONE - 0.1) == []
    assert looks.look(after=0.2 + 60) == [("incoming/film.avi", "enqueued")]
    looks.stream.is_live = True
    looks.look(after=1_000)
    put("incoming/film.avi", clips.make(seed=2).read_bytes())
    assert looks.look(after=LISTING_WHILE_TOLD - 0.1) == []
    looks.now += LISTING_WHILE_TOLD
    assert looks.look() == [("incoming/film.avi", "enqueued")]


def test_in_a_directory_store_what_another_program_writes_waits_until_it_has_settled(
    directory_site: Site, runner: FfmpegRunner, clips: Clips, tmp_path: Path
) -> None:
    store = directory_site.store
    looks = Looks(directory_site, store=store, runner=runner, folder=tmp_path / "state", limits=Limits())
    folder = Path(store.bucket) / "incoming"
    folder.mkdir()
    shutil.copy(clips.make(), folder / "film.avi")
    shutil.copy(clips.make(seed=1), tmp_path / "secret.avi")
    (folder / "link.avi").symlink_to(tmp_path / "secret.avi")
    assert looks.look() == []
    assert looks.look(after=100) == [("incoming/film.avi", "enqueued")]
    assert looks.look(after=100) == []
    assert looks.tasks() == ["film.avi"]
    looks.scratch.close()


def test_a_stream_wakes_the_watch_and_its_end_makes_a_listing_due(site: Site, put: Put) -> None:
    """With the real server, which holds its events back until some kilobytes have gathered."""
    stream, end = ArrivalStream(site.store, prefix=PREFIX, log=_silent()), threading.Event()
    heard: set[str] = set()

    def put_until_heard() -> None:
        while not end.wait(0.02):
            put("incoming/film.avi", b"x")

    putting = threading.Thread(target=put_until_heard)
    putting.start()
    stream.start()
    try:
        while "incoming/film.avi" not in heard:
            stream.wait(60, Stop())
            heard |= set(stream.news().keys)
        assert stream.is_live
    finally:
        stream.end()
        end.set()
        putting.join()


def _silent() -> Any:  # noqa: ANN401 - as structlog has it
    return structlog.wrap_logger(None, processors=[_drop])
