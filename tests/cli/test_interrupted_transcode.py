"""A transcode that is killed, interrupted or run twice at once loses nothing and leaves nothing behind."""

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

from tests.cli.clips import make_clip, slow_clip
from tests.cli.conftest import Command
from tests.parts.terminals import read_terminal


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
        # A process group of its own, as a shell gives it: Ctrl-C in a terminal goes to the whole group.
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
    """All descendants of a process that are alive."""
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
        # Two signals that arrive together would count as one.
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
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"film {number}.mp4" for number in range(4)]


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
        # The file name of the running task, in a bar or in the log.
        _read_until(ours, "slow")
        process.send_signal(signal.SIGINT)
        _read_until(ours, "Finishing what runs, at most 30 s; Ctrl-C again stops at once.")
        process.send_signal(signal.SIGINT)
        while read_terminal(ours):
            pass
        assert process.wait(timeout=60) == (1 if command_line != "executor" else 0)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_until(descriptor: int, words: str) -> None:
    seen = b""
    while words not in seen.decode(errors="replace"):
        read = read_terminal(descriptor)
        assert read, seen
        seen += read
