"""`mediaproc enqueue` tells people and programs of each path what became of it."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.probe import Probe
from mediaproc.ffmpeg.runner import FfmpegRunner
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.draft_bundle.zips import STICKER_ALONE
from tests.ffmpeg.ordinary_user import NOBODY
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


def test_a_draft_of_which_nothing_can_be_drawn_is_refused_with_a_sentence(site: Command, tmp_path: Path) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "draft_content.json").write_bytes(STICKER_ALONE)
    sentence = "Nothing of the draft can be drawn: it has no visible clip and no text that this program can draw."
    ran = site("enqueue", tmp_path / "draft")
    assert ran.code == 1
    assert sentence in ran.out + ran.err
    (told,) = site("enqueue", tmp_path / "draft", "--json").objects()
    assert (told["status"], told["error_class"], told["error"], told["task"]) == ("refused", "no_video", sentence, None)


def test_priority_tenant_and_force_reach_the_task(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    assert site("enqueue", film, "--priority", -7, "--tenant", " ann ").code == 0
    assert [(line["priority"], line["tenant"]) for line in site("tasks", "list", "--json").objects()] == [(-7, "ann")]
    assert "priority -7, tenant ann\n" in site("tasks", "show", 1).out
    assert site("tasks", "cancel", 1).code == 0
    assert "duplicate" in site("enqueue", film).out
    assert "task 2" in site("enqueue", film, "--force").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("EMPTY",), 1, "nothing to enqueue"),
        (("FILM", "--priority", "1001"), 2, "--priority"),
        (("FILM", "--tenant", "a\x1b[2Jn"), 2, "printable characters only, not control characters: 'a\\x1b[2Jn'"),
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


def test_a_draft_at_a_url_is_a_task_once_while_it_goes_on(site: Command) -> None:
    url = "https://drafts.example.com/get_draft?draft_id=20261130120000abcdef12&key=secret"
    (told,) = site("enqueue", "--draft-url", url, "--json").objects()
    assert told == {
        "path": url, "status": "enqueued", "file": None, "task": 1, "error": None, "error_class": None,
    }  # fmt: skip
    again = site("enqueue", "--draft-url", url)
    assert (again.code, "duplicate" in again.out, "secret" in again.out) == (0, True, False)
    refused = site("enqueue", "--draft-url", "ftp://a/?draft_id=1")
    assert (refused.code, "https://" in refused.err) == (1, True)
    assert site("enqueue", "--draft-url", url, "film.avi").code == 2
    alone = site("enqueue", "--profile", "draft-fetch", "pyproject.toml")
    assert (alone.code, "--draft-url" in alone.err) == (1, True)
