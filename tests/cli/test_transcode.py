"""`mediaproc transcode` turns a folder of old videos into mp4s."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.db.sample_rows import insert_task


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_becomes_mp4s_and_each_failure_a_sentence(command: Command, old_videos: Path, tmp_path: Path) -> None:
    ran = command("transcode", old_videos, "--out", tmp_path / "out", "--json")
    assert ran.code == 1
    outcomes = {Path(each["path"]).name: each for each in ran.objects()}
    assert {name: each["outcome"] for name, each in outcomes.items()} == {
        "holiday.avi": "completed",
        "假期.avi": "completed",
        "letter.avi": "refused",
        "empty.mov": "refused",
    }
    assert outcomes["holiday.avi"]["verification"] == "verified"
    assert outcomes["holiday.avi"]["flags"]
    assert all(outcomes[name]["error"].endswith(".") for name in ("letter.avi", "empty.mov"))
    assert {name: each["error_class"] for name, each in outcomes.items()} == {
        "holiday.avi": None,
        "假期.avi": None,
        "letter.avi": "unreadable",
        "empty.mov": "empty",
    }
    assert _names(tmp_path / "out") == ["holiday.mp4", "电影/假期.mp4"]
    assert not list((tmp_path / "home" / "scratch").glob("executor-*"))


ON_A_FULL_DISK = """
import shutil, sys
from mediaproc import scratch
from mediaproc.cli import main

scratch.DISK_FLOOR = shutil.disk_usage(sys.argv[-1]).total - 1
main()
"""


@pytest.mark.usefixtures("command")
def test_who_waits_for_room_on_the_disk_is_told_so(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    told = [sys.executable, "-c", ON_A_FULL_DISK, "transcode", str(film), "--out", str(tmp_path)]
    with subprocess.Popen(told, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as waits:
        assert waits.stderr is not None
        sentence = next(line for line in waits.stderr if line.startswith("Waiting: "))
        waits.send_signal(signal.SIGINT)
        assert waits.wait(timeout=60) == 1
        said = waits.stderr.read()
    assert "The scratch disk has" in sentence
    assert "make room" in sentence
    assert "run the same command again" in said


def test_a_second_run_adds_nothing_and_touches_nothing(site: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "film.avi")
    out = tmp_path / "out"
    (out).mkdir()
    (out / "film.mp4").write_text("mine", encoding="utf-8")
    for _ in range(2):
        assert site("transcode", tmp_path / "in", "--out", out).code == 0
    assert _names(out) == ["film (2).mp4", "film.mp4"]
    assert (out / "film.mp4").read_text(encoding="utf-8") == "mine"


def test_results_in_the_same_folder_are_not_taken_for_sources(site: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "film.avi")
    for _ in range(2):
        ran = site("transcode", tmp_path / "in", "--out", tmp_path / "in" / "out", "--json")
        assert len(ran.objects()) == 1


def test_names_of_255_bytes_and_of_no_encoding_are_kept_as_far_as_they_fit(site: Command, tmp_path: Path) -> None:
    long = tmp_path / "in" / ("é" * 125 + "x.avi")
    make_clip(tmp_path / "in" / "plain.avi").rename(long)
    make_clip(tmp_path / "in" / "plain.avi", seed=3).rename(tmp_path / "in" / os.fsdecode(b"\xff\xfe.avi"))
    assert site("transcode", tmp_path / "in", "--out", tmp_path / "out").code == 0
    names = {os.fsencode(path.name) for path in (tmp_path / "out").iterdir()}
    assert names == {("é" * 125 + "x.mp4").encode(), b"\xff\xfe.mp4"}


def test_it_claims_nothing_but_its_own(site: Command, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        insert_task(connection, 1)
    make_clip(tmp_path / "film.avi")
    assert site("transcode", tmp_path / "film.avi", "--out", tmp_path / "out").code == 0
    (line,) = site("tasks", "list", "--json").objects()
    assert (line["status"], line["attempt"]) == ("pending", 0)
    (told,) = site("status", "--json").objects()
    assert [each["confined"] for each in told["executors"]] == [True]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nowhere.avi",), 1, "nowhere.avi"),
        (("EMPTY",), 1, "nothing to transcode"),
        (("FILM", "--profile", "mp5"), 2, "known profiles are"),
    ],
)
def test_what_cannot_be_is_said(
    site: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "empty folder").mkdir()
    places = {"EMPTY": str(tmp_path / "empty folder"), "FILM": str(make_clip(tmp_path / "film.avi"))}
    ran = site("transcode", *(places.get(each, each) for each in arguments), "--out", tmp_path / "out")
    assert ran.code == code
    assert says in ran.out + ran.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_done(site: Command, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    ran = site("transcode", make_clip(tmp_path / "film.avi"), "--out", tmp_path / "out")
    assert ran.code == 2
    assert ran.err.endswith("/out': it must be a folder, and that is none; name another one.\n")
    ran = site("transcode", tmp_path / "film.avi", "--out", "/proc/none")
    assert ran.code == 3
    assert "Nothing can be written" in ran.err
    assert site("tasks", "list", "--all", "--json").objects() == []


def test_a_result_that_cannot_be_saved_is_a_row_and_spoils_no_other(site: Command, tmp_path: Path) -> None:
    for number, name in enumerate(("inside/film.avi", "other.avi")):
        make_clip(tmp_path / "in" / name, seed=number)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "inside").write_text("a file", encoding="utf-8")
    ran = site("transcode", tmp_path / "in", "--out", tmp_path / "out", "--json")
    assert ran.code == 3
    outcomes = {Path(each["path"]).name: each for each in ran.objects()}
    assert outcomes["other.avi"]["output"] == str(tmp_path / "out" / "other.mp4")
    assert (outcomes["film.avi"]["outcome"], outcomes["film.avi"]["output"]) == ("undelivered", None)
    assert "Nothing can be written to" in outcomes["film.avi"]["error"]
    assert outcomes["film.avi"]["error_class"] is None
    (tmp_path / "out" / "inside").unlink()
    assert site("transcode", tmp_path / "in", "--out", tmp_path / "out").code == 0


def test_a_file_whose_task_was_cancelled_is_made_when_it_is_asked_for_again(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    (enqueued,) = site("enqueue", film, "--json").objects()
    site("tasks", "cancel", enqueued["task"])
    (again,) = site("enqueue", film, "--json").objects()
    assert (again["status"], again["task"]) == ("duplicate", enqueued["task"])
    (made,) = site("transcode", film, "--out", tmp_path / "out", "--json").objects()
    assert (made["outcome"], made["output"]) == ("completed", str(tmp_path / "out" / "film.mp4"))
    assert made["task"] != enqueued["task"]


def test_a_folder_is_not_transcoded_into_itself(site: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "film.avi")
    ran = site("transcode", tmp_path / "in", "--out", tmp_path / "in" / ".." / "in")
    assert ran.code == 2
    assert "cannot be the folder of both" in ran.err
    assert _names(tmp_path / "in") == ["film.avi"]
    assert site("transcode", tmp_path / "in" / "film.avi", "--out", tmp_path / "in").code == 0
