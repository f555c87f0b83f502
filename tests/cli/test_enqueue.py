"""What a person, or a program, sees of an enqueue."""

import io
import os
import tempfile
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mediaproc.cli.source_paths import SourcePath, find_source_paths
from mediaproc.core.errors import BadSource
from mediaproc.core.probe import Probe
from mediaproc.enqueue.source_file import read_source
from mediaproc.ffmpeg.runner import FfmpegRunner
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.ffmpeg.ordinary_user import NOBODY, as_ordinary_user
from tests.parts.clips import Clips
from tests.parts.faulty_ffmpeg import make_ffmpeg_without_decoder


def test_files_and_folders_become_tasks_and_each_refusal_a_sentence(site: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "one.avi", seed=1)
    make_clip(tmp_path / "in" / "deeper" / "two.avi", seed=2)
    (tmp_path / "in" / "letter.avi").write_text("Dear film", encoding="utf-8")
    ran = site("enqueue", tmp_path / "in", tmp_path / "nowhere.avi")
    assert ran.code == 1
    assert "4 files: 2 enqueued, 2 refused." in ran.out
    refused = [line for line in ran.err.splitlines() if line.startswith("refused")]
    assert len(refused) == 2
    assert all(line.endswith(".") for line in refused)
    assert "2 duplicate" in site("enqueue", tmp_path / "in" / "one.avi", tmp_path / "in" / "deeper").out


def test_programs_get_one_object_for_each_path(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film\x1b[2J.avi")
    (told,) = site("enqueue", "--json", film).objects()
    assert len(told.pop("file")) == 64
    assert told == {"path": str(film), "status": "enqueued", "task": 1, "error": None, "error_class": None}
    (told,) = site("enqueue", "--json", film).objects()
    assert (told["status"], told["task"]) == ("duplicate", 1)
    ran = site("enqueue", film)
    assert "\x1b" not in ran.out + ran.err
    (tmp_path / "empty.avi").touch()
    (told,) = site("enqueue", "--json", tmp_path / "empty.avi").objects()
    assert (told["status"], told["task"], told["error_class"]) == ("refused", None, "empty")
    assert told["error"].endswith(".")


def test_a_list_on_standard_input_may_hold_names_of_no_encoding(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_clip(tmp_path / "plain.avi").rename(tmp_path / os.fsdecode(b"\xff.avi"))
    listed = io.TextIOWrapper(io.BytesIO(os.fsencode(film) + b"\n\n"))
    monkeypatch.setattr("sys.stdin", listed)
    (told,) = site("enqueue", "--json", "-").objects()
    assert told["status"] == "enqueued"


@pytest.mark.parametrize("listed", ["one.avi\0deeper/two\nlines.avi\0", "one.avi\0deeper/two\nlines.avi"])
def test_a_list_may_end_its_names_with_nul(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    make_clip(tmp_path / "one.avi", seed=1)
    make_clip(tmp_path / "deeper" / "two.avi", seed=2).rename(tmp_path / "deeper" / "two\nlines.avi")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(listed.encode())))
    assert [told["status"] for told in site("enqueue", "--json", "-").objects()] == ["enqueued"] * 2


def test_what_a_folder_holds_is_taken_or_refused_and_never_passed_over(site: Command, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    make_clip(folder / "one.avi")
    os.mkfifo(folder / "pipe.avi")
    (folder / ".hidden.avi").write_text("left out", encoding="utf-8")
    ran = site("enqueue", folder)
    assert ran.code == 1
    assert "2 files: 1 enqueued, 1 refused." in ran.out
    assert "no file but something else" in ran.err


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """A folder with one film, and links to a film, a folder and nothing, as one of its users may have put there."""
    make_clip(tmp_path / "private" / "secret.avi", seed=1)
    folder = tmp_path / "uploads"
    make_clip(folder / "own.avi", seed=2)
    (folder / "mine.avi").symlink_to("../private/secret.avi")
    (folder / "more").symlink_to("../private")
    (folder / "dangling.avi").symlink_to(tmp_path / "nowhere")
    return folder


def test_links_inside_a_folder_are_left_out_and_said(
    site: Command, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = site("enqueue", uploads)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 file: 1 enqueued.")
    (told,) = ran.err.splitlines()
    assert told.startswith("Left out 3 links, which may lead out of what was named: ")
    assert all(name in told for name in ("mine.avi", "more", "dangling.avi"))
    assert "files and links; a link is followed only" in " ".join(site("enqueue", "--help").out.split())
    for listed in (uploads, uploads / "mine.avi", uploads / "more"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(os.fsencode(listed))))
        assert "Left out" in site("enqueue", "-").err
    assert [line["filename"] for line in site("tasks", "list", "--json").objects()] == ["own.avi"]


def test_transcode_leaves_the_same_links_out(site: Command, uploads: Path, tmp_path: Path) -> None:
    ran = site("transcode", uploads, "--out", tmp_path / "out")
    assert (ran.code, [path.name for path in (tmp_path / "out").iterdir()]) == (0, ["own.mp4"])
    assert "Left out 3 links" in ran.err


def test_a_link_that_is_itself_named_is_followed(site: Command, uploads: Path) -> None:
    (told,) = site("enqueue", "--json", uploads / "mine.avi").objects()
    assert told["status"] == "enqueued"
    (uploads.parent / "also").symlink_to(uploads)
    assert "1 file: 1 enqueued." in site("enqueue", uploads.parent / "also").out


@pytest.mark.parametrize("exchanged", ["deeper/film.avi", "deeper"])
def test_a_link_that_comes_after_the_look_through_the_folder_is_not_followed(
    site: Command, uploads: Path, monkeypatch: pytest.MonkeyPatch, exchanged: str
) -> None:
    make_clip(uploads / "deeper" / "film.avi", seed=3)
    (private := uploads.parent / "private" / "film.avi").hardlink_to(uploads.parent / "private" / "secret.avi")
    target = private if exchanged.endswith(".avi") else private.parent

    def look_and_exchange(source: SourcePath) -> int:
        if source.path.name == "film.avi":
            (uploads / exchanged).rename(uploads.parent / "aside")
            (uploads / exchanged).symlink_to(target)
        return 0

    # Called for each source between the look through the folder and the first read.
    with monkeypatch.context() as patched:
        patched.setattr("mediaproc.cli.enqueue.size_on_disk", look_and_exchange)
        ran = site("enqueue", uploads)
    assert (ran.code, "2 files: 1 enqueued, 1 refused." in ran.out) == (1, True)
    assert "no link inside a folder is followed" in ran.err
    # That the path leads to a film which would have been taken:
    assert "1 enqueued" in site("enqueue", uploads / "deeper" / "film.avi").out


@pytest.mark.parametrize("which", ["in", "in/closed"])
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, which: str) -> None:
    make_clip(tmp_path / "in" / "one.avi")
    make_clip(tmp_path / "in" / "closed" / "two.avi")
    closed = tmp_path / which
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    closed.chmod(0)
    try:
        found = as_ordinary_user(lambda: [source.path for source in find_source_paths([str(tmp_path / "in")])])
        assert closed in found
        refused = as_ordinary_user(lambda: str(_refusal(closed)))
    finally:
        closed.chmod(0o755)
    assert refused == "It cannot be read (Permission denied)."


def _refusal(path: Path) -> BadSource:
    with pytest.raises(BadSource) as caught:
        read_source(path, stop=Event())
    return caught.value


def test_an_empty_path_is_not_the_current_folder(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(tmp_path / "one.avi")
    monkeypatch.chdir(tmp_path)
    for arguments in (("enqueue", "one.avi", ""), ("transcode", "", "--out", "out")):
        ran = site(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "A PATH is empty" in ran.err
    assert site("tasks", "list", "--json").out == ""


@pytest.mark.parametrize("store", ["file", "minio"])
def test_a_file_that_vanishes_before_its_upload_is_refused_and_the_rest_goes_on(
    site: Command, tmp_path: Path, minio_url: str, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    if store == "minio":
        monkeypatch.setenv("MEDIAPROC_STORE_URL", minio_url)
    vanishing = make_clip(tmp_path / "in" / "vanishing.avi", seed=1)
    make_clip(tmp_path / "in" / "staying.avi", seed=2)
    probe = FfmpegRunner.probe

    def probe_and_lose(self: FfmpegRunner, source: Path, **options: Any) -> Probe:  # noqa: ANN401 - as the real one
        probed = probe(self, source, **options)
        if source.name == vanishing.name:
            source.unlink()
        return probed

    monkeypatch.setattr(FfmpegRunner, "probe", probe_and_lose)
    ran = site("enqueue", tmp_path / "in")
    assert (ran.code, "2 files: 1 enqueued, 1 refused." in ran.out) == (1, True)
    (line,) = ran.err.splitlines()
    assert "could not be read to its end" in line


def test_a_file_that_vanishes_under_ffprobe_is_said_to_be_gone(site: Command, tmp_path: Path) -> None:
    vanishing = make_clip(tmp_path / "in" / "vanishing.avi", seed=1)
    make_clip(tmp_path / "in" / "staying.avi", seed=2)
    losing = tmp_path / "ffprobe"
    losing.write_text(f'#!/bin/sh\ncase "$*" in *vanishing*) rm {vanishing} ;; esac\nexec ffprobe "$@"\n')
    losing.chmod(0o755)
    ran = site("enqueue", tmp_path / "in", "--ffprobe", losing, "--sandbox", "off")
    assert (ran.code, "2 files: 1 enqueued, 1 refused." in ran.out) == (1, True)
    (line,) = [line for line in ran.err.splitlines() if line.startswith("refused")]
    assert "not there any more" in line


def test_priority_and_force_reach_the_task(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    assert site("enqueue", film, "--priority", -7).code == 0
    assert [line["priority"] for line in site("tasks", "list", "--json").objects()] == [-7]
    assert site("tasks", "cancel", 1).code == 0
    assert "duplicate" in site("enqueue", film).out
    assert "task 2" in site("enqueue", film, "--force").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("EMPTY",), 1, "nothing to enqueue"),
        (("FILM", "--priority", "1001"), 2, "--priority"),
        (("FILM", "--profile", "mp5"), 2, "known profiles are"),
        (("FILM", "--store-url", "minio://a:hush@127.0.0.1:1/videos?secure=false"), 3, "store"),
        (("FILM", "--store-url", "file:///nowhere/videos"), 3, "mount it or make it"),
        (("FILM", "--ffmpeg", "/nowhere"), 3, "MEDIAPROC_FFMPEG"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    site: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "empty folder").mkdir()
    places = {"EMPTY": str(tmp_path / "empty folder"), "FILM": str(make_clip(tmp_path / "film.avi"))}
    ran = site("enqueue", *(places.get(each, each) for each in arguments))
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "hush" not in ran.err
    assert site("tasks", "list", "--json").out == ""


def test_one_file_may_have_several_profiles_also_the_sites_own(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    own = tmp_path / "profiles.toml"
    own.write_text('[profile.mp4-small]\nbase = "mp4"\nmax_height = 360\n', encoding="utf-8")
    assert site("enqueue", film, "--profiles", own, "--profile", "mp4,poster", "--profile", "mp4-small").code == 0
    profiles = {line["profile"] for line in site("tasks", "list", "--json").objects()}
    assert profiles == {"mp4", "poster", "mp4-small"}
    ran = site("enqueue", film, "--profile", "mp4-small")
    assert ran.code == 2
    assert "mp4-small" in ran.err
    own.write_text("[profile.mp4-small]\ncrf = 99\n", encoding="utf-8")
    assert site("enqueue", film, "--profiles", own, "--profile", "mp4-small").code == 2
    assert site("enqueue", film, "--profiles", tmp_path / "none.toml").code == 2


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [("--max-duration", 0.1, "long"), ("--max-size", 100, "accepted"), ("--max-side", 32, "pixels a side")],
)
def test_what_is_beyond_the_sites_limits_is_refused_with_a_sentence(
    site: Command, tmp_path: Path, option: str, value: float, says: str
) -> None:
    ran = site("enqueue", make_clip(tmp_path / "film.avi"), option, value)
    assert ran.code == 1
    (refused,) = [line for line in ran.err.splitlines() if line.startswith("refused")]
    assert says in refused
    assert "1 refused" in ran.out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has other users' files")
def test_root_enqueues_out_of_a_private_folder_and_what_nobody_may_read_stops_no_other(
    site: Command, tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory(prefix="mediaproc-home-of-another-") as folder:
        theirs, hopeless = make_clip(Path(folder) / "x.avi", seed=1), make_clip(Path(folder) / "y.avi", seed=2)
        theirs.chmod(0o644)
        os.chown(hopeless, NOBODY + 1, NOBODY + 1)
        hopeless.chmod(0o600)
        os.chown(folder, NOBODY, NOBODY)
        ran = site("enqueue", hopeless, theirs, make_clip(tmp_path / "own.avi", seed=3), "--json")
    assert ran.code == 1
    assert {Path(each["path"]).name: each["status"] for each in ran.objects()} == {
        "y.avi": "refused",
        "x.avi": "enqueued",
        "own.avi": "enqueued",
    }


@pytest.mark.parametrize("words", [("enqueue",), ("transcode", "--out", "out")], ids=lambda words: words[0])
def test_less_than_a_sandbox_is_said_beside_the_answer(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.avi").write_text("Dear film", encoding="utf-8")
    confined = site(*words, "letter.avi", "--json", "--sandbox", "require")
    bare = site(*words, "letter.avi", "--json", "--sandbox", "off")
    assert "warning" not in confined.err
    (warning,) = [line for line in bare.err.splitlines() if "warning" in line]
    assert "MEDIAPROC_SANDBOX is off" in warning
    assert bare.objects() == confined.objects()


def test_what_another_node_decodes_is_enqueued_and_refused_where_this_one_is_alone(
    site: Command, clips: Clips, tmp_path: Path
) -> None:
    lacking = make_ffmpeg_without_decoder(tmp_path)
    options = ("--json", "--ffmpeg", lacking["ffmpeg"], "--sandbox", lacking["sandbox"])
    alone = site("transcode", clips.make_hevc(), "--out", tmp_path / "out", *options)
    (refused,) = alone.objects()
    assert (alone.code, refused["error_class"]) == (1, "decoder_missing")
    assert "lacks the decoder for hevc: install a whole build" in refused["error"]
    (enqueued,) = site("enqueue", clips.make_hevc(), *options).objects()
    assert enqueued["status"] == "enqueued"
