"""From a folder of old videos to mp4s in one command, whatever comes in between."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from mediaproc.ffmpeg.tools import find_tools
from tests.cli.clips import make_clip, slow_clip
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, executor, insert_task, rejected, set_back


@pytest.fixture
def old_videos(tmp_path: Path) -> Path:
    """Two films, one of them in a folder, a text that calls itself one, and an empty file."""
    folder = tmp_path / "old videos"
    make_clip(folder / "holiday.avi", seed=1)
    make_clip(folder / "电影" / "假期.avi", seed=2)
    (folder / "letter.avi").write_text("Dear film, " * 100, encoding="utf-8")
    (folder / "empty.mov").touch()
    (folder / ".hidden").write_text("not looked at", encoding="utf-8")
    return folder


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

scratch.FLOOR = shutil.disk_usage(sys.argv[-1]).total - 1
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


def test_a_table_tells_people_what_was_done_and_why(site: Command, old_videos: Path, tmp_path: Path) -> None:
    ran = site("transcode", old_videos, "--out", tmp_path / "out")
    assert "verified  encode: video_codec" in ran.out
    assert "empty.mov: The file is empty" in ran.out
    assert "2 of 4 files done" in ran.out
    assert "\x1b" not in ran.out + ran.err


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


# An ffmpeg that encodes nothing until a file lies beside it, and does all else.
_BROKEN_FFMPEG = """#!/bin/sh
case "$*" in *libx264*) [ -e "$0.mended" ] || exit 1 ;; esac
exec {ffmpeg} "$@"
"""


def test_a_task_that_failed_before_is_not_told_as_if_it_had_failed_now(site: Command, tmp_path: Path) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text(_BROKEN_FFMPEG.format(ffmpeg=find_tools(ffmpeg=None, ffprobe=None).ffmpeg))
    ffmpeg.chmod(0o755)
    film, out = make_clip(tmp_path / "film.avi"), tmp_path / "out"
    transcode = ("transcode", film, "--out", out, "--ffmpeg", ffmpeg, "--sandbox", "off", "--backoff", "0")
    (fails,) = site(*transcode, "--json", "--cron", "* * * * * *").objects()
    assert (fails["outcome"], fails["error_class"]) == ("failed", "transcode_failed")
    assert "tried again" not in fails["error"]
    (tmp_path / "ffmpeg.mended").touch()
    (failed,) = site(*transcode, "--json").objects()
    hint = f"`mediaproc tasks retry {failed['task']}`, then this command again."
    assert failed["error_class"] == "transcode_failed"
    assert failed["error"] == f"{fails['error']} It failed earlier and was not tried again now: {hint}"
    assert hint in " ".join(site(*transcode).out.split())
    assert site("tasks", "retry", failed["task"]).code == 0
    assert site(*transcode).code == 0


def test_a_source_that_was_rejected_before_is_told_with_what_would_try_it_again(
    site: Command, engine: Engine, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi")
    (enqueued,) = site("enqueue", film, "--json").objects()
    with engine.begin() as connection:
        set_back(connection, claimed(connection, executor(connection)), rejected())
    (told,) = site("transcode", film, "--out", tmp_path / "out", "--json").objects()
    assert (told["outcome"], told["task"]) == ("rejected", enqueued["task"])
    assert told["error"] == (
        "There is no video in it. It was rejected earlier and not tried again now; to try it all the same:"
        f" `mediaproc tasks retry {enqueued['task']}`, then this command again."
    )


def test_a_folder_is_not_transcoded_into_itself(site: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "film.avi")
    ran = site("transcode", tmp_path / "in", "--out", tmp_path / "in" / ".." / "in")
    assert ran.code == 2
    assert "cannot be the folder of both" in ran.err
    assert _names(tmp_path / "in") == ["film.avi"]
    assert site("transcode", tmp_path / "in" / "film.avi", "--out", tmp_path / "in").code == 0


def test_whose_a_result_is_can_be_told_whatever_the_names(site: Command, tmp_path: Path) -> None:
    for number, name in enumerate(("sample.avi", "sample.mov", "one/film.avi", "two/film.avi")):
        make_clip(tmp_path / "in" / name, seed=number)
    ran = site("transcode", tmp_path / "in", "--out", tmp_path / "out")
    assert [line.split()[0] for line in ran.out.splitlines()[1:5]] == [
        "sample.avi", "sample.mov", "one/film.avi", "two/film.avi",
    ]  # fmt: skip
    assert f"sample.mov: its result is {tmp_path / 'out' / 'sample (2).mp4'}." in ran.out
    assert "sample.avi: its result" not in ran.out
    assert "film.avi: its result" not in ran.out


@contextmanager
def _in_a_process(tmp_path: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A `transcode` of the folder `in`, its log on standard error."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mediaproc", "transcode", str(tmp_path / "in"), "--out", str(tmp_path / "out")),
            *("--home", str(tmp_path / "home"), "--log-level", "info", *map(str, arguments)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As a shell starts it: a Ctrl-C of the terminal is for the whole group.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait_for_stage(process: subprocess.Popen[str], stage: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("{") and json.loads(line).get("stage") == stage:
            return
    raise AssertionError(f"it ended before the stage {stage}")


def _wait_for_sentence(process: subprocess.Popen[str], sentence: str) -> None:
    assert process.stderr is not None
    assert any(line.startswith(sentence) for line in process.stderr), f"it ended before it said {sentence!r}"


def _children(pid: int) -> set[int]:
    """All processes below one, less those that end while one looks."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def _ended(pids: set[int]) -> bool:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = select.select([handle], [], [], 30)[0]
        os.close(handle)
        if not ended:
            return False
    return True


def test_after_a_kill_it_goes_on_at_once_and_nothing_is_left_behind(command: Command, tmp_path: Path) -> None:
    slow_clip(tmp_path / "in" / "slow.avi")
    with _in_a_process(tmp_path) as process:
        _wait_for_stage(process, "transcode")
        children = _children(process.pid)
        assert children
        process.kill()
        process.wait()
        assert _ended(children), "ffmpeg or the server outlived a killed command"
    ran = command("transcode", tmp_path / "in", "--out", tmp_path / "out", "--json", "--lease", 3600, "--heartbeat", 60)
    assert ran.code == 0
    (told,) = command("tasks", "show", 1, "--json").objects()
    assert [attempt["outcome"] for attempt in told["attempts"]] == ["released", "completed"]
    assert not list((tmp_path / "home" / "scratch").glob("executor-*"))


def test_ctrl_c_while_the_private_server_is_made_stops_in_good_order(command: Command, tmp_path: Path) -> None:
    make_clip(tmp_path / "in" / "film.avi")
    with _in_a_process(tmp_path) as process:
        while not (tmp_path / "home" / "postgres" / "data.new" / "global" / "pg_control").exists():
            assert process.poll() is None
        children = _children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        err = process.communicate(timeout=60)[1]
        assert (process.returncode, err) == (1, "Stopped; run the same command again to go on.\n")
        assert _ended(children)
    assert command("transcode", tmp_path / "in", "--out", tmp_path / "out").code == 0


def test_two_ctrl_c_stop_at_once_and_leave_nothing_behind(command: Command, tmp_path: Path) -> None:
    slow_clip(tmp_path / "in" / "slow.avi")
    with _in_a_process(tmp_path) as process:
        _wait_for_stage(process, "transcode")
        children = _children(process.pid)
        process.send_signal(signal.SIGINT)
        # Two that come as one would be the first one only.
        _wait_for_sentence(process, "Finishing what runs")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 1
        assert _ended(children)
    assert not list((tmp_path / "home" / "scratch").glob("executor-*"))
    (line,) = command("tasks", "list", "--json").objects()
    assert (line["status"], line["fail_count"]) == ("pending", 0)


def test_two_runs_at_the_same_time_share_the_work(tmp_path: Path) -> None:
    for number in range(4):
        make_clip(tmp_path / "in" / f"film {number}.avi", seed=number)
    with _in_a_process(tmp_path, "--json") as one, _in_a_process(tmp_path, "--json") as two:
        answers = [process.communicate(timeout=120)[0] for process in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0)
    assert all(len(answer.splitlines()) == 4 for answer in answers)
    assert _names(tmp_path / "out") == [f"film {number}.mp4" for number in range(4)]


@pytest.mark.parametrize("on_a_terminal", [True, False])
def test_bars_are_drawn_for_a_terminal_and_never_into_a_pipe(tmp_path: Path, *, on_a_terminal: bool) -> None:
    slow_clip(tmp_path / "in" / "slow \x1b[31mred.avi")
    ours, theirs = pty.openpty() if on_a_terminal else os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mediaproc", "transcode", tmp_path / "in", "--out", tmp_path / "out"),
            *("--home", tmp_path / "home"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    drawn = b"".join(iter(lambda: _read(ours), b"")).decode()
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert ("0 of 1 done" in drawn) is on_a_terminal
    assert ("\\x1b[31mred" in drawn) is on_a_terminal
    assert "\x1b[31mred" not in drawn


@pytest.mark.parametrize("command_line", ["transcode in --out out", "executor"])
def test_a_first_ctrl_c_in_a_terminal_says_how_long_it_may_take(
    site: Command, tmp_path: Path, command_line: str
) -> None:
    assert site("enqueue", slow_clip(tmp_path / "in" / "slow.avi")).code == 0
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mediaproc", *command_line.split(), "--home", str(tmp_path / "home")]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    try:
        # The name of what runs, in a bar or in the log.
        _read_until(ours, "slow")
        process.send_signal(signal.SIGINT)
        _read_until(ours, "Finishing what runs, at most 30 s; Ctrl-C again stops at once.")
        process.send_signal(signal.SIGINT)
        while _read(ours):
            pass
        assert process.wait(timeout=60) == (1 if command_line != "executor" else 0)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_until(descriptor: int, words: str) -> None:
    seen = b""
    while words not in seen.decode(errors="replace"):
        read = _read(descriptor)
        assert read, seen
        seen += read


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # A terminal whose last user has gone.
        return b""
