"""A child is fed nothing, watched, and ended with all that it started."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.ffmpeg import child
from mediaproc.ffmpeg.child import LOG_TAIL_LIMIT, run
from mediaproc.ffmpeg.watchdog import Cause, WatchdogLimits
from tests.ffmpeg.processes import all_end
from tests.ffmpeg.shell_child import AWAIT_START, GENEROUS, shell


def test_a_child_inherits_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPROC_STORE_URL", "minio://ACCESS:SECRET@host/bucket")
    _, written = shell("/usr/bin/env")
    assert b"SECRET" not in written
    assert b"MEDIAPROC" not in written


def test_a_child_inherits_no_open_file() -> None:
    with open("/etc/hostname", "rb"):  # noqa: PTH123 - the point is an open descriptor
        _, written = shell("ls /proc/self/fd")
    assert written.split() == [b"0", b"1", b"2", b"3"]  # 3 is the folder that ls reads


def test_a_child_reads_nothing_from_standard_input() -> None:
    _, written = shell("cat; echo end")
    assert written == b"end\n"


def test_what_a_child_writes_line_by_line_comes_whole() -> None:
    _, written = shell("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done")
    assert written.split() == [str(number).encode() for number in range(3000)]


def test_a_child_that_gets_no_answer_does_not_begin() -> None:
    with subprocess.Popen(
        [*AWAIT_START, "/bin/echo", "begun"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as waiting:
        written, _ = waiting.communicate()
    assert (written, waiting.returncode) == (b"\n", 1)


def test_a_child_that_ends_before_it_is_ready_is_told_of() -> None:
    ended = run(["/bin/false"], limits=GENEROUS, stop=threading.Event(), on_output=lambda _: None)
    assert (ended.code, ended.cause) == (1, None)


def test_a_child_that_never_becomes_ready_is_ended() -> None:
    never = ["/bin/sleep", "1000"]
    ended = run(never, limits=WatchdogLimits(wall=0.2), stop=threading.Event(), on_output=lambda _: None)
    assert ended.cause is Cause.TIMED_OUT


def test_a_child_leads_its_own_session_and_group() -> None:
    _, written = shell("cut -d' ' -f1,5,6 /proc/$$/stat")
    pid, group, session = written.split()
    assert pid == group == session


def test_a_stop_ends_the_whole_group() -> None:
    stop = threading.Event()
    pids: list[int] = []

    def on_output(chunk: bytes) -> None:
        pids.extend(map(int, chunk.split()))
        stop.set()

    ended = run(
        [*AWAIT_START, "/bin/sh", "-c", "sleep 1000 & echo $$ $!; wait"],
        limits=GENEROUS,
        stop=stop,
        on_output=on_output,
    )
    assert ended.cause is Cause.STOPPED
    assert ended.signal == signal.SIGKILL
    assert len(pids) == 2
    assert all_end(pids, within=10)


def test_what_a_child_leaves_behind_ends_with_it() -> None:
    ended, written = shell("sleep 1000 & echo $!")
    assert ended.code == 0
    assert all_end([int(written)], within=10)


def test_a_caller_that_fails_leaves_no_child() -> None:
    pids: list[int] = []

    def on_output(chunk: bytes) -> None:
        pids.append(int(chunk))
        raise KeyError("a bug in the caller")

    with pytest.raises(KeyError):
        run(
            [*AWAIT_START, "/bin/sh", "-c", "echo $$; exec sleep 1000"],
            limits=GENEROUS,
            stop=threading.Event(),
            on_output=on_output,
        )
    assert all_end(pids, within=10)


def test_a_log_is_bounded_and_safe_to_show() -> None:
    ended, _ = shell(r"head -c 3000000 /dev/zero | tr '\0' 'x' >&2; printf '\033[2J\377\342\200\256end\n' >&2")
    assert len(ended.log_tail) <= LOG_TAIL_LIMIT
    assert ended.log_tail.endswith("\\x1b[2J\ufffd\\u202eend")


def test_output_and_log_are_read_side_by_side() -> None:
    ended, written = shell("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero; echo end >&2")
    assert len(written) == 1_000_000
    assert ended.log_tail.endswith("end")


def test_last_words_are_read_however_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child writes and ends between two reads, and the executor stands still until the time to read on is over."""
    word = tmp_path / "word"
    os.mkfifo(word)

    def ends_now(ended: subprocess.Popen[bytes]) -> bool:
        word.write_text("speak\n")
        return os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT) is not None

    monkeypatch.setattr(child, "has_ended", ends_now)
    monkeypatch.setattr(child, "_LINGER", 0.0)
    written = bytearray()
    command = ["/bin/sh", "-c", 'read -r _ <"$0"; echo; echo output; echo log >&2', str(word)]
    ended = run(command, limits=GENEROUS, stop=threading.Event(), on_output=written.extend)
    assert (bytes(written), ended.log_tail) == (b"output\n", "log")


def test_the_cpu_time_of_all_that_it_waited_for_counts() -> None:
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    idle, _ = shell("true")
    busy, _ = shell(f'sh -c "{burn.replace("$", chr(92) + "$")}"; exit 0')
    assert busy.cpu_seconds > 5 * idle.cpu_seconds


def test_the_cpu_time_of_what_is_killed_with_its_parent_counts() -> None:
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    stop = threading.Event()
    command = [*AWAIT_START, "/bin/sh", "-c", f"({burn}; echo done; exec sleep 1000) & exec sleep 1000"]
    idle, _ = shell("true")
    killed = run(command, limits=GENEROUS, stop=stop, on_output=lambda chunk: stop.set() if chunk else None)
    assert killed.cause is Cause.STOPPED
    assert killed.cpu_seconds > 5 * idle.cpu_seconds


def test_a_crash_is_told_by_its_signal_also_through_a_shell() -> None:
    assert shell("kill -SEGV $$")[0].signal == signal.SIGSEGV
    assert shell("sh -c 'kill -SEGV $$'; exit $?")[0].signal == signal.SIGSEGV
    assert shell("exit 3")[0].signal is None


def test_a_program_that_is_not_there_is_a_missing_part() -> None:
    with pytest.raises(PartMissing, match="/nowhere/ffmpeg cannot be run"):
        run(["/nowhere/ffmpeg"], limits=GENEROUS, stop=threading.Event(), on_output=lambda _: None)
