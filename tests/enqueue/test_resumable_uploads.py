"""An upload over HTTP goes on where it was cut, on any server, and becomes one file and one task; or it is swept."""

import hashlib
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine

from mediaproc.core.errors import ErrorClass, Unavailable, WrongUse
from mediaproc.core.limits import DISK_FLOOR, Limits
from mediaproc.db import resumable_uploads, upload_chunks
from mediaproc.db.database import Database
from mediaproc.db.resumable_uploads import ResumableUpload
from mediaproc.enqueue import Enqueuer
from mediaproc.enqueue.resumable import (
    Refusal,
    ResumableUploads,
    UploadRefused,
    sweep_expired_uploads,
    writing,
)
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store
from tests.enqueue.conftest import Rows
from tests.parts.clips import Clips
from tests.parts.faulty_store import FaultyStore

CHUNK = 16 * 1024


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CHUNK_SIZE", CHUNK)


@dataclass(frozen=True)
class Servers:
    """Servers of one site; each is as good as any other."""

    make: Callable[..., ResumableUploads]
    store: Store
    database: Database

    def __call__(self, **changed: object) -> ResumableUploads:
        return self.make(**changed)


@pytest.fixture(params=["minio", "directory"])
def servers(request: pytest.FixtureRequest, engine: Engine, runner: FfmpegRunner, tmp_path: Path) -> Iterator[Servers]:
    if request.param == "minio":
        store = open_store(request.getfixturevalue("minio_url"))
    else:
        (tmp_path / "store").mkdir()
        store = FaultyStore(tmp_path / "store")
    store.prepare()
    yield from _servers(Database(engine), store, runner, tmp_path)


@pytest.fixture
def faulty(engine: Engine, runner: FfmpegRunner, tmp_path: Path) -> Iterator[Servers]:
    """Servers whose store can be made to fail."""
    (tmp_path / "store").mkdir()
    store = FaultyStore(tmp_path / "store")
    store.prepare()
    yield from _servers(Database(engine), store, runner, tmp_path)


def _servers(database: Database, store: Store, runner: FfmpegRunner, folder: Path) -> Iterator[Servers]:
    made: list[ResumableUploads] = []

    def make(**changed: object) -> ResumableUploads:
        enqueuer = Enqueuer(database=database, store=store, runner=runner, limits=Limits())
        usual: dict[str, Any] = {
            "database": database,
            "store": store,
            "scratch_root": folder / "scratch",
            "make_enqueuer": lambda: enqueuer,
            "log": structlog.get_logger(),
        }
        made.append(ResumableUploads(**(usual | changed)))
        return made[-1]

    yield Servers(make=make, store=store, database=database)
    for server in made:
        server.close()


def begin(server: ResumableUploads, *, size: int | None, bound: str | None = None, **metadata: str) -> str:
    return server.begin(size=size, metadata={"filename": "film.avi"} | metadata, tenant=bound, actor="me").id


def send(server: ResumableUploads, upload_id: str, data: bytes, *, offset: int) -> int:
    """One request that brings all of it."""
    writer = server.write(upload_id, offset=offset, tenant=None)
    writer.write(data)
    writer.close()
    return writer.received


def ended(server: ResumableUploads, upload_id: str) -> ResumableUpload:
    """The upload once nothing is left to do for it."""
    server.finish(upload_id)
    server._finishing._threads.shutdown()  # noqa: SLF001 - waits for what was begun
    with server._database.read() as connection:  # noqa: SLF001
        upload = resumable_uploads.find(connection, upload_id=upload_id)
    assert upload is not None
    return upload


def chunk_keys(store: Store) -> list[str]:
    return list(store.keys("uploads/"))


def test_cut_twenty_times_and_by_many_servers_it_is_one_file_and_one_task(
    servers: Servers, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    data = clips.make().read_bytes()
    dice = random.Random(1)  # noqa: S311 - the cuts of a test
    cuts = sorted(dice.sample(range(1, len(data)), 19))
    upload_id = begin(servers(), size=len(data), profile="mp4,poster", priority="3", tenant="ann")
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        server = servers()
        assert server.upload(upload_id, tenant=None).received == start
        assert send(server, upload_id, data[start:end], offset=start) == end
    done = ended(servers(), upload_id)
    assert (done.outcome, done.file_id, done.error) == ("enqueued", hashlib.sha256(data).hexdigest(), None)
    assert done.ended_at is not None
    tasks = rows.of("media_process")
    assert [(task.profile, task.priority, task.tenant, task.filename) for task in tasks] == [
        ("mp4", 3, "ann", "film.avi"),
        ("poster", 3, "ann", "film.avi"),
    ]
    assert list(done.task_ids or []) == [task.id for task in tasks]
    assert servers.store.get(tasks[0].object_key, tmp_path / "got", stop=Event()).sha256 == done.file_id
    assert chunk_keys(servers.store) == []


def test_while_one_sends_another_is_refused_and_so_are_bytes_that_begin_elsewhere(servers: Servers) -> None:
    server = servers()
    upload_id = begin(server, size=3 * CHUNK)
    writer = server.write(upload_id, offset=0, tenant=None)
    writer.write(bytes(CHUNK + 1))
    with pytest.raises(UploadRefused, match=r"Somebody else sends bytes .* try again in") as caught:
        servers().write(upload_id, offset=CHUNK, tenant=None)
    assert caught.value.refusal is Refusal.BUSY
    with pytest.raises(UploadRefused, match="Somebody else") as caught:
        servers().remove(upload_id, tenant=None)
    writer.close()
    assert server.upload(upload_id, tenant=None).received == CHUNK + 1
    with pytest.raises(UploadRefused, match=f"goes on at byte {CHUNK + 1}, and not at 0") as caught:
        server.write(upload_id, offset=0, tenant=None)
    assert caught.value.refusal is Refusal.WRONG_OFFSET


def test_a_writer_that_was_silent_is_replaced_and_keeps_nothing_more(
    servers: Servers, rows: Rows, clips: Clips
) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(servers(), size=len(data))
    silent = servers().write(upload_id, offset=0, tenant=None)
    _lapse(rows)
    next_one = servers().write(upload_id, offset=0, tenant=None)
    with pytest.raises(UploadRefused, match="Another request sends bytes"):
        silent.write(b"x" * CHUNK)
    silent.close(is_cut=True)
    next_one.write(data)
    next_one.close()
    done = ended(servers(), upload_id)
    assert done.file_id == hashlib.sha256(data).hexdigest()
    assert chunk_keys(servers.store) == []


def test_a_writer_that_is_replaced_in_the_middle_of_a_chunk_changes_nothing_of_the_next_ones(
    faulty: Servers, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    """Its object arrives late, under the same offset, and is never taken for the other's."""
    data = clips.make().read_bytes()

    class Slow(FaultyStore):
        """Whoever puts a chunk is replaced meanwhile, by one that has sent all."""

        def put(self, key: str, path: Path, **options: Any) -> None:  # noqa: ANN401 - as the parent's
            _lapse(rows)
            send(faulty(), upload_id, data, offset=0)
            super().put(key, path, **options)

    slow = Slow(tmp_path / "store")
    upload_id = begin(faulty(), size=len(data))
    writer = faulty(store=slow).write(upload_id, offset=0, tenant=None)
    with pytest.raises(UploadRefused, match="Another request sends bytes"):
        writer.write(b"x" * CHUNK)
    writer.close(is_cut=True)
    assert not [key for key in chunk_keys(faulty.store) if str(writer.writer) in key]
    assert ended(faulty(), upload_id).file_id == hashlib.sha256(data).hexdigest()
    assert chunk_keys(faulty.store) == []


def test_what_a_killed_server_had_put_but_not_counted_is_sent_again_and_removed(
    servers: Servers, rows: Rows, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(servers(), size=len(data))

    class Killed(BaseException):
        """Nothing runs after it, not even the release."""

    def kill(*_: object, **__: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(resumable_uploads, "advance", kill)
        with pytest.raises(Killed):
            servers().write(upload_id, offset=0, tenant=None).write(data[:CHUNK])
    assert len(chunk_keys(servers.store)) == 1
    assert servers().upload(upload_id, tenant=None).received == 0
    _lapse(rows)
    send(servers(), upload_id, data, offset=0)
    assert ended(servers(), upload_id).file_id == hashlib.sha256(data).hexdigest()
    assert chunk_keys(servers.store) == []


@pytest.mark.parametrize(
    "killed_at", [(resumable_uploads, "record_outcome"), (upload_chunks, "chunks_of"), (resumable_uploads, "end")]
)
def test_a_server_killed_while_it_enqueues_leaves_the_rest_to_another_and_there_is_one_task(
    faulty: Servers, rows: Rows, clips: Clips, monkeypatch: pytest.MonkeyPatch, killed_at: tuple[ModuleType, str]
) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(faulty(), size=len(data))
    send(faulty(), upload_id, data, offset=0)

    class Killed(BaseException):
        """As above."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(*killed_at, kill)
        ended(faulty(), upload_id)
    assert rows.of("media_resumable_upload")[0].ended_at is None
    _lapse(rows)
    other = faulty()
    # Whoever looks at it has it done.
    other.upload(upload_id, tenant=None)
    assert ended(other, upload_id).ended_at is not None
    assert len(rows.of("media_process")) == 1
    assert chunk_keys(faulty.store) == []
    assert rows.of("media_resumable_upload")[0].outcome in {"enqueued", "duplicate"}


def test_two_servers_at_once_enqueue_it_once(faulty: Servers, rows: Rows, clips: Clips) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(faulty(), size=len(data))
    send(faulty(), upload_id, data, offset=0)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda server: ended(server, upload_id), [faulty(), faulty()]))
    assert {upload.outcome for upload in done} <= {"enqueued", None}
    assert len(rows.of("media_process")) == 1


def test_what_another_server_left_is_taken_up_by_one_that_starts(faulty: Servers, rows: Rows, clips: Clips) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(faulty(), size=len(data))
    send(faulty(), upload_id, data, offset=0)
    with faulty.database.read() as connection:
        assert resumable_uploads.unended(connection, bucket=faulty.store.bucket) == [upload_id]
    starting = faulty()
    starting._finishing.take_up()  # noqa: SLF001
    starting._finishing._threads.shutdown()  # noqa: SLF001
    assert rows.of("media_resumable_upload")[0].received == len(data)


def test_a_file_that_is_no_video_is_refused_with_its_sentence_and_its_chunks_go(servers: Servers, rows: Rows) -> None:
    server = servers()
    upload_id = begin(server, size=5)
    send(server, upload_id, b"hello", offset=0)
    done = ended(server, upload_id)
    assert (done.outcome, done.file_id, done.task_ids) == ("refused", None, [])
    assert done.error
    assert done.error_class == ErrorClass.UNREADABLE
    assert rows.of("media_process") == []
    assert chunk_keys(servers.store) == []


def test_a_chunk_that_the_store_lost_is_told(faulty: Servers) -> None:
    server = faulty()
    upload_id = begin(server, size=2 * CHUNK)
    send(server, upload_id, bytes(2 * CHUNK), offset=0)
    faulty.store.delete(chunk_keys(faulty.store)[0])
    done = ended(server, upload_id)
    assert (done.outcome, done.error) == (
        "refused",
        "A part of the upload is not in the store any more: upload the file again.",
    )


def test_a_store_that_is_away_keeps_what_came_and_the_upload_waits(
    faulty: Servers, rows: Rows, clips: Clips, tmp_path: Path
) -> None:
    data = clips.make().read_bytes()
    upload_id = begin(faulty(), size=len(data))
    send(faulty(), upload_id, data, offset=0)
    (tmp_path / "store").rename(tmp_path / "away")
    waiting = ended(faulty(), upload_id)
    assert waiting.outcome is None
    assert "cannot be used" in str(waiting.error)
    (tmp_path / "away").rename(tmp_path / "store")
    assert ended(faulty(), upload_id).outcome == "enqueued"
    assert rows.of("media_resumable_upload")[0].error is None


def test_a_store_that_refuses_a_chunk_keeps_the_offset_and_frees_the_upload(
    faulty: Servers, clips: Clips, tmp_path: Path
) -> None:
    data = clips.make().read_bytes()

    class Refusing(FaultyStore):
        """Takes nothing."""

        def put(self, key: str, path: Path, **options: Any) -> None:  # noqa: ANN401, ARG002 - as the parent's
            raise Unavailable(f"It refuses {key} of {path.name}.", error_class=ErrorClass.DISK_FULL)

    refusing = Refusing(tmp_path / "store")
    upload_id = begin(faulty(), size=len(data))
    writer = faulty(store=refusing).write(upload_id, offset=0, tenant=None)
    with pytest.raises(Unavailable, match="It refuses"):
        writer.write(data)
    # It is tried once more, in vain, and others may write then.
    writer.close(is_cut=True)
    assert faulty().upload(upload_id, tenant=None).received == 0
    send(faulty(), upload_id, data, offset=0)
    assert ended(faulty(), upload_id).outcome == "enqueued"


def test_a_file_of_unknown_size_ends_where_its_client_says(faulty: Servers, clips: Clips) -> None:
    data = clips.make().read_bytes()
    server = faulty()
    upload_id = begin(server, size=None)
    writer = server.write(upload_id, offset=0, tenant=None)
    writer.write(data)
    writer.end_here()
    writer.close()
    assert ended(server, upload_id).file_id == hashlib.sha256(data).hexdigest()
    empty = faulty()
    writer = empty.write(begin(empty, size=None), offset=0, tenant=None)
    with pytest.raises(UploadRefused, match="The file is empty"):
        writer.end_here()
    writer.close()


@pytest.mark.parametrize(
    ("size", "metadata", "says"),
    [
        (0, {}, "The file is empty: upload the original recording"),
        (64 * 1024**3 + 1, {}, "The file has .*; at most .* are accepted"),
        (5, {"profile": "webm"}, "There is no profile 'webm'"),
        (5, {"priority": "1001"}, "an integer from -1000 to 1000"),
        (5, {"tenant": "a\nb"}, "printable characters only"),
    ],
)
def test_what_cannot_be_is_refused_before_a_byte_comes(
    faulty: Servers, rows: Rows, size: int, metadata: dict[str, str], says: str
) -> None:
    with pytest.raises((UploadRefused, WrongUse), match=says):
        begin(faulty(), size=size, **metadata)
    assert rows.of("media_resumable_upload") == []


def test_no_more_comes_than_was_promised(faulty: Servers) -> None:
    server = faulty()
    upload_id = begin(server, size=5)
    writer = server.write(upload_id, offset=0, tenant=None)
    with pytest.raises(UploadRefused, match="More bytes came than the 5") as caught:
        writer.write(b"123456")
    assert caught.value.refusal is Refusal.TOO_LARGE
    writer.close(is_cut=True)
    assert server.upload(upload_id, tenant=None).received == 0


def test_a_disk_without_room_is_told_before_a_byte_comes(
    faulty: Servers, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = faulty()
    begin(server, size=5)
    free = DISK_FLOOR + 1000

    full = SimpleNamespace(free=free, total=10**15)
    monkeypatch.setattr("mediaproc.scratch.shutil.disk_usage", lambda _folder: full)
    with pytest.raises(Unavailable, match="The scratch disk has") as caught:
        begin(server, size=1_000_000)
    assert caught.value.error_class is ErrorClass.DISK_FULL
    assert len(rows.of("media_resumable_upload")) == 1


def test_another_tenants_upload_is_not_there(faulty: Servers) -> None:
    server = faulty()
    upload_id = begin(server, size=5, bound="ann")
    assert server.upload(upload_id, tenant="ann").tenant == "ann"
    for call in (server.upload, server.remove):
        with pytest.raises(UploadRefused, match="There is no such upload") as caught:
            call(upload_id, tenant="bob")
        assert caught.value.refusal is Refusal.NOT_THERE
    with pytest.raises(UploadRefused, match="There is no such upload"):
        server.write(upload_id, offset=0, tenant="bob")


def test_a_tenant_that_is_bound_decides_whose_upload_it_is(faulty: Servers) -> None:
    upload_id = begin(faulty(), size=5, bound="ann", tenant="bob")
    assert faulty().upload(upload_id, tenant=None).tenant == "ann"


@pytest.mark.parametrize("upload_id", ["", "..", "0" * 31, "0" * 33, "A" * 32, "\0" * 32, "%2e%2e", "0" * 4096])
def test_an_id_that_we_never_made_is_not_there(faulty: Servers, upload_id: str) -> None:
    with pytest.raises(UploadRefused, match="There is no such upload"):
        faulty().upload(upload_id, tenant=None)


def test_an_upload_left_alone_for_a_day_is_over_and_swept_with_its_chunks(servers: Servers, rows: Rows) -> None:
    server = servers()
    left, other = begin(server, size=5 * CHUNK), begin(server, size=5 * CHUNK)
    for upload_id in (left, other):
        send(server, upload_id, bytes(2 * CHUNK), offset=0)
    rows.run("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s' WHERE id = :id", id=left)
    with pytest.raises(UploadRefused, match="No byte of the upload came for a day") as caught:
        server.write(left, offset=2 * CHUNK, tenant=None)
    assert caught.value.refusal is Refusal.GONE
    assert sweep_expired_uploads(servers.database, servers.store) == 1
    assert [upload.id for upload in rows.of("media_resumable_upload")] == [other]
    assert len(chunk_keys(servers.store)) == 2
    server.remove(other, tenant=None)
    assert rows.of("media_resumable_upload") == []
    assert chunk_keys(servers.store) == []


def test_each_chunk_gives_another_day(faulty: Servers, rows: Rows) -> None:
    server = faulty()
    upload_id = begin(server, size=5)
    rows.run("UPDATE media_resumable_upload SET expires_at = now() + interval '1 min'")
    send(server, upload_id, b"123", offset=0)
    assert sweep_expired_uploads(faulty.database, faulty.store) == 0
    upload = server.upload(upload_id, tenant=None)
    assert (upload.expires_at - upload.created_at).total_seconds() > 80_000


def test_a_chunk_that_the_store_does_not_delete_keeps_its_upload_for_a_later_sweep_and_no_other(
    faulty: Servers, rows: Rows
) -> None:
    server = faulty()
    stubborn, other = begin(server, size=5), begin(server, size=5)
    for upload_id in (stubborn, other):
        send(server, upload_id, b"123", offset=0)
    rows.run("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s'")

    def refuse(key: str) -> None:
        if stubborn in key:
            raise Unavailable("It refuses.", error_class=ErrorClass.STORE_UNAVAILABLE)

    store = FaultyStore(Path(faulty.store.bucket))
    store.before_delete = refuse
    kept: list[str] = []
    assert sweep_expired_uploads(faulty.database, store, on_kept=kept.append) == 1
    assert [upload.id for upload in rows.of("media_resumable_upload")] == [stubborn]
    assert ["It refuses." in sentence for sentence in kept] == [True]
    assert sweep_expired_uploads(faulty.database, store, on_kept=kept.append) == 0
    rows.run("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s'")
    assert sweep_expired_uploads(faulty.database, faulty.store) == 1
    assert chunk_keys(faulty.store) == []


def test_an_upload_into_another_bucket_is_left_to_those_who_know_it(
    faulty: Servers, rows: Rows, tmp_path: Path
) -> None:
    begin(faulty(), size=5)
    rows.run("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s'")
    (tmp_path / "other").mkdir()
    other = FaultyStore(tmp_path / "other")
    other.prepare()
    assert sweep_expired_uploads(faulty.database, other) == 0


def _lapse(rows: Rows) -> None:
    """Whoever writes has been silent for longer than its lease."""
    rows.run("UPDATE media_resumable_upload SET writer_until = now() - interval '1 s' WHERE writer IS NOT NULL")
