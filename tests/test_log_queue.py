"""A caller that logs never waits and gets no exception; lost lines are counted, and the count is logged."""

import io
import os
import threading
from pathlib import Path

import pytest

from mediaproc.log_queue import LogQueue
from tests.parts.log_faults import reader_gone, reader_stalled
from tests.parts.small_disk import small_disk

# Longer than anything here takes: a test that waits so long has failed.
LONG_ENOUGH = 60.0


def test_lines_are_written_in_their_order(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        queue = LogQueue(stream)
        for number in range(1000):
            queue.write(f"{number}\n")
        assert queue.wait_until_written(timeout=LONG_ENOUGH)
    assert (tmp_path / "log").read_text() == "".join(f"{number}\n" for number in range(1000))


def test_a_stalled_reader_keeps_nobody_waiting_and_hears_how_many_lines_it_missed() -> None:
    lost, told = [], threading.Event()

    def tell(lines: int) -> None:
        lost.append(lines)
        told.set()

    reading, writing = os.pipe()
    with open(writing, "w") as stream, open(reading, "rb", buffering=0) as reader:  # noqa: PTH123 - a pipe has no path
        full = _fill(writing)
        queue = LogQueue(stream, on_recovery=tell, capacity=10)
        for _ in range(1000):
            # A caller that waited at all would wait for ever.
            queue.write("line\n")
        assert not queue.wait_until_written(timeout=0.05)
        while full > 0:
            full -= len(reader.read(full))
        assert queue.wait_until_written(timeout=LONG_ENOUGH)
        assert told.wait(LONG_ENOUGH)
    # Ten lines were in the queue, and one may have been taken from it.
    assert len(lost) == 1
    assert lost[0] in {989, 990}


def _fill(descriptor: int) -> int:
    """Fills the pipe; returns how many bytes it took."""
    os.set_blocking(descriptor, False)
    took = 0
    try:
        while True:
            took += os.write(descriptor, b"x")
    except BlockingIOError:
        os.set_blocking(descriptor, True)
        return took


def test_without_the_queue_a_stalled_reader_keeps_whoever_logs() -> None:
    with reader_stalled() as descriptor:
        threading.Thread(target=lambda: os.write(descriptor, b"x" * 100_000), daemon=True, name="kept").start()
        kept = next(thread for thread in threading.enumerate() if thread.name == "kept")
        kept.join(timeout=0.2)
        assert kept.is_alive()


def test_a_reader_that_is_gone_is_no_error() -> None:
    with reader_gone() as descriptor:
        queue = LogQueue(open(descriptor, "w", closefd=False))  # noqa: SIM115 - a descriptor of somebody else's
        queue.write("nobody reads this\n")
        # Closing the queue does not wait for lost lines.
        assert queue.wait_until_written(timeout=LONG_ENOUGH)


def test_what_a_full_disk_cut_is_ended_before_the_next_line(tmp_path: Path) -> None:
    lost: list[int] = []
    with small_disk(tmp_path / "disk", size=1 << 16) as disk:
        with (disk / "log").open("w") as stream:
            queue = LogQueue(stream, on_recovery=lost.append)
            queue.write("before\n")
            queue.write("x" * (1 << 17) + "\n")
            assert queue.wait_until_written(timeout=LONG_ENOUGH)
            os.truncate(stream.fileno(), len("before\nxxx"))
            os.lseek(stream.fileno(), 0, os.SEEK_END)
            queue.write("after\n")
            assert queue.wait_until_written(timeout=LONG_ENOUGH)
        assert (disk / "log").read_text() == "before\nxxx\nafter\n"
    assert lost == [1]


@pytest.mark.parametrize("stream", [None, io.StringIO()], ids=["none", "no descriptor"])
def test_a_stream_may_be_anything(stream: io.StringIO | None) -> None:
    queue = LogQueue(stream)
    queue.write("line\n")
    assert queue.wait_until_written(timeout=LONG_ENOUGH)
    assert stream is None or stream.getvalue() == "line\n"


def test_a_line_is_lost_while_the_system_starts_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lost: list[int] = []
    with (tmp_path / "log").open("w") as stream:
        queue = LogQueue(stream, on_recovery=lost.append)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            queue.write("lost\n")
        queue.write("written\n")
        assert queue.wait_until_written(timeout=LONG_ENOUGH)
    assert (tmp_path / "log").read_text() == "written\n"
    assert lost == [1]
