"""How an attempt ends whose stored source was lost, cut or changed, or whose store fails during it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from threading import Event

import pytest
from minio import Minio
from sqlalchemy import Engine

from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.lifecycle import Failed, Released
from mediaproc.core.plan import Plan, Variant
from mediaproc.core.stage import Stage
from mediaproc.core.task import Rendition
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store import http_connections
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.enqueue.conftest import Attempt, Rows, Taking, Watching
from tests.parts.clips import Clips
from tests.parts.cutting_proxy import cutting_proxy
from tests.parts.minio import MinioServer


def source_key(rows: Rows) -> str:
    key: str = rows.of("media_files")[0].object_key
    return key


@pytest.fixture
def client(minio_server: MinioServer) -> Minio:
    return minio_server.client()


def test_a_whole_source_becomes_a_rendition_that_is_stored_whole(
    take: Taking, clips: Clips, store: Store, attempt: Attempt, tmp_path: Path
) -> None:
    take(clips.make())
    ending = attempt(store)
    assert isinstance(ending, Rendition)
    received = store.get(ending.key, tmp_path / "rendition", stop=Event())
    assert (received.size, received.sha256) == (ending.size, ending.sha256)


def test_a_lost_source_costs_a_strike_and_says_so(
    take: Taking, clips: Clips, store: Store, rows: Rows, attempt: Attempt
) -> None:
    take(clips.make())
    store.delete(source_key(rows))
    ending = attempt(store)
    assert isinstance(ending, Failed)
    assert ending.error_class is ErrorClass.SOURCE_MISSING
    assert "enqueue the file again, and retry its task (`mediaproc tasks retry`)" in ending.error


def test_a_lost_source_that_is_enqueued_again_is_transcoded(
    take: Taking, clips: Clips, store: Store, rows: Rows, attempt: Attempt
) -> None:
    take(clips.make())
    store.delete(source_key(rows))
    assert isinstance(attempt(store), Failed)
    assert take(clips.make()).status == "duplicate"
    assert isinstance(attempt(store), Rendition)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def changed(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("checksum", ["kept", "gone"])
@pytest.mark.parametrize("damage", [cut, changed])
def test_a_source_that_is_not_what_was_uploaded_costs_a_strike(
    take: Taking, clips: Clips, store: Store, rows: Rows, attempt: Attempt, client: Minio,
    damage: Callable[[bytes], bytes], checksum: str,
) -> None:  # fmt: skip
    """Also where another program's upload removed the checksum that the store keeps with the object."""
    file = take(clips.make()).file
    content = damage(clips.make().read_bytes())
    client.put_object(
        store.bucket,
        source_key(rows),
        BytesIO(content),
        len(content),
        metadata={"sha256": str(file)} if checksum == "kept" else None,
    )
    ending = attempt(store)
    assert isinstance(ending, Failed)
    assert ending.error_class is ErrorClass.SOURCE_CORRUPTED
    assert "checksum" in ending.error


@pytest.mark.parametrize("stage", [Stage.DOWNLOAD, Stage.UPLOAD])
def test_a_store_that_freezes_releases_the_task(
    take: Taking, clips: Clips, attempt: Attempt, minio_server: MinioServer, store: Store,
    monkeypatch: pytest.MonkeyPatch, stage: str,
) -> None:  # fmt: skip
    take(clips.make())
    monkeypatch.setattr(http_connections, "READ_TIMEOUT", 1.0)
    impatient = open_store(minio_server.url(store.bucket))

    def freeze(entered: str) -> None:
        if entered == stage:
            minio_server.freeze()

    try:
        ending = attempt(impatient, observer=Watching(freeze))
    finally:
        minio_server.thaw()
    assert isinstance(ending, Released)
    assert ending.error_class is ErrorClass.STORE_UNAVAILABLE
    assert isinstance(attempt(store), Rendition)


def test_a_download_that_is_cut_on_its_way_releases_the_task(
    take: Taking, clips: Clips, attempt: Attempt, minio_server: MinioServer, store: Store
) -> None:
    take(clips.make(seconds=4, size=(320, 240)))
    with cutting_proxy(minio_server.port) as proxy:
        proxy.cut_after = 20_000
        ending = attempt(open_store(minio_server.url(store.bucket, port=proxy.port)))
        assert proxy.cuts > 0
    assert isinstance(ending, Released)
    assert ending.error_class is ErrorClass.STORE_UNAVAILABLE


def test_a_rendition_whose_upload_fails_leaves_no_object(
    clips: Clips, own_minio: MinioServer, engine: Engine, runner: FfmpegRunner, attempt: Attempt
) -> None:
    store = open_store(own_minio.url(own_minio.make_bucket()))
    Enqueuer(database=Database(engine), store=store, runner=runner).enqueue(clips.make(), stop=Event())
    ending = attempt(store, observer=Watching(lambda stage: own_minio.kill() if stage is Stage.UPLOAD else None))
    assert isinstance(ending, Released)
    own_minio.start()
    assert len(list(store.keys())) == 1


def test_what_follows_a_stall_has_only_what_is_left_of_the_attempts_limit(
    take: Taking, clips: Clips, store: Store, attempt: Attempt, runner: FfmpegRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(clips.make())
    tried: list[tuple[str, float]] = []

    def stall(plan: Plan, *, variant: Variant, **_: object) -> None:
        tried.append((variant.name, plan.wall_limit))
        raise AttemptFailed("It stood still.", error_class=ErrorClass.STALLED)

    monkeypatch.setattr(runner, "transcode", stall)
    ended = attempt(store)
    assert isinstance(ended, Failed)
    assert (ended.error_class, ended.error.count("It stood still.")) == (ErrorClass.STALLED, 2)
    [(first, limit), (then, left)] = tried
    assert (first, then) == ("encode", "gentle")
    assert left < limit
