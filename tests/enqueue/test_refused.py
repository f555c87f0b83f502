"""What cannot become a video gets one sentence, leaves nothing behind, and the rest of the list goes on."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine

from mediaproc.core.errors import ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.db.database import Database
from mediaproc.enqueue import Enqueuer
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from tests.enqueue.conftest import Rows, Taking
from tests.parts.clips import Clips

MakePath = Callable[[Path], Path]


def written(name: str, content: bytes) -> MakePath:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.avi")
    return folder / "pipe.avi"


def loop(folder: Path) -> Path:
    (folder / "loop.avi").symlink_to(folder / "loop.avi")
    return folder / "loop.avi"


BAD: dict[str, tuple[MakePath, str]] = {
    "a path that is not there": (lambda folder: folder / "nothing.avi", "There is no such file"),
    "an empty file": (written("empty.avi", b""), "is empty"),
    "a text called .avi": (written("text.avi", b"This is no video.\n" * 100), "not a video"),
    "a page called .mp4": (written("page.mp4", b"<html><body>Not found</body></html>"), "not a video"),
    "random bytes": (written("noise.mkv", bytes(range(256)) * 40), "not a video"),
    "a folder": (lambda folder: folder, "no file but something else"),
    "a pipe that nobody writes to": (pipe, "no file but something else"),
    "a device": (lambda _: Path("/dev/zero"), "no file but something else"),
    "a link to itself": (loop, "cannot be read"),
    "a name that is too long": (lambda folder: folder / ("x" * 300), "cannot be read"),
    "a name from a NUL-separated list": (lambda folder: folder / "a\0b.avi", "one name per line"),
    "a playlist that names another file": (
        written("list.avi", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:/etc/passwd\n#EXT-X-ENDLIST\n"),
        "not a video",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_gets_a_sentence_and_leaves_nothing(
    take: Taking, rows: Rows, store: Store, tmp_path: Path, bad: str
) -> None:
    make, sentence = BAD[bad]
    result = take(make(tmp_path))
    assert result.status == "refused"
    assert result.error is not None
    assert sentence in result.error
    assert result.error.endswith(".")
    assert result.error_class is (ErrorClass.EMPTY if bad == "an empty file" else ErrorClass.UNREADABLE)
    assert (result.file, result.task, result.tasks) == (None, None, ())
    assert rows.of("media_files") == rows.of("media_process") == []
    assert list(store.keys()) == []


def test_a_file_that_may_not_be_read_is_refused(take: Taking, clips: Clips, tmp_path: Path) -> None:
    closed = tmp_path / "closed.avi"
    closed.write_bytes(clips.make().read_bytes())
    closed.chmod(0)
    if os.access(closed, os.R_OK):
        pytest.skip("this user may read everything")
    result = take(closed)
    assert result.status == "refused"
    assert "Permission denied" in str(result.error)


def test_sound_alone_is_refused_as_a_film_and_taken_as_sound(take: Taking, rows: Rows, clips: Clips) -> None:
    refused = take(clips.make_sound())
    assert refused.status == "refused"
    assert refused.error is not None
    assert rows.of("media_files") == []
    assert take(clips.make_sound(), profiles=["mp3"]).status == "enqueued"


def test_the_profiles_that_fit_are_taken_and_the_others_named(take: Taking, rows: Rows, clips: Clips) -> None:
    result = take(clips.make_sound(), profiles=["mp4", "mp3"])
    assert result.status == "enqueued"
    assert result.error == "No mp4: The file has no picture, only sound."
    assert result.error_class is ErrorClass.NO_VIDEO
    assert [row.profile for row in rows.of("media_process")] == ["mp3"]
    none = take(clips.make_sound(seconds=2), profiles=["mp4", "gif"])
    assert (none.status, none.error) == ("refused", "The file has no picture, only sound.")
    assert none.error_class is ErrorClass.NO_VIDEO


def test_a_source_beyond_the_sites_limits_is_refused(
    engine: Engine, store: Store, runner: FfmpegRunner, clips: Clips
) -> None:
    strict = Enqueuer(database=Database(engine), store=store, runner=runner, limits=Limits(max_duration=0.5))
    refused = strict.enqueue(clips.make(), stop=Event())
    assert (refused.status, refused.error_class) == ("refused", ErrorClass.TOO_LONG)


@pytest.mark.parametrize("name", ["ünï cödé 影.avi", "-y.avi", "http:x.avi", "concat:a|b.avi", "%03d.avi", "a\nb.avi"])
def test_a_name_is_only_a_name(take: Taking, rows: Rows, clips: Clips, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(clips.make().read_bytes())
    assert take(tmp_path / name).status == "enqueued"
    [file] = rows.of("media_files")
    assert file.filename == name.replace("\n", "\\n")


def test_a_name_that_is_no_text_is_stored_as_text(take: Taking, rows: Rows, clips: Clips, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.avi"))
    path.write_bytes(clips.make().read_bytes())
    assert take(path).status == "enqueued"
    [file] = rows.of("media_files")
    assert file.filename == "caf\\xe9.avi"


def test_a_relative_path_and_a_link_lead_to_the_file(
    take: Taking, clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link.avi").symlink_to(clips.make())
    monkeypatch.chdir(tmp_path)
    assert take(Path("link.avi")).status == "enqueued"
