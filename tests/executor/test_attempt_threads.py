import subprocess
import sys
import threading

import pytest

from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.executor.attempt_threads import AttemptThreads

PATIENCE = 60.0

HANGING_JOBS = """
import threading
from mediaproc.daemon_thread import run_in_daemon_thread
from mediaproc.executor.attempt_threads import AttemptThreads

hangs = threading.Semaphore(0)

def hang():
    hangs.release()
    threading.Event().wait()

AttemptThreads(1).submit(hang)
run_in_daemon_thread(hang, name="aside")
hangs.acquire()
hangs.acquire()
"""
HANGING_POOL = """
import threading
from concurrent.futures import ThreadPoolExecutor

hangs = threading.Event()

def hang():
    hangs.set()
    threading.Event().wait()

ThreadPoolExecutor(1).submit(hang)
hangs.wait()
print("came to its end", flush=True)
"""


def test_a_job_that_hangs_keeps_no_process_alive() -> None:
    subprocess.run([sys.executable, "-c", HANGING_JOBS], check=True, timeout=PATIENCE)


def test_a_pool_of_the_standard_library_would_keep_it() -> None:
    """The control."""
    with subprocess.Popen([sys.executable, "-c", HANGING_POOL], stdout=subprocess.PIPE) as kept:
        assert kept.stdout is not None
        assert kept.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            kept.wait(timeout=2)
        kept.kill()


def test_as_many_jobs_run_at_the_same_time_as_there_are_slots() -> None:
    slots, begun, may_end = AttemptThreads(2), threading.Semaphore(0), threading.Semaphore(0)

    def job() -> None:
        begun.release()
        may_end.acquire()

    for _ in range(3):
        slots.submit(job)
    assert begun.acquire(timeout=PATIENCE)
    assert begun.acquire(timeout=PATIENCE)
    assert not begun.acquire(timeout=0.2)
    may_end.release()
    assert begun.acquire(timeout=PATIENCE)
    for _ in range(2):
        may_end.release()


def test_a_slot_whose_thread_cannot_start_leaves_the_job_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    slots, done = AttemptThreads(2), threading.Semaphore(0)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            slots.submit(done.release)
    slots.submit(done.release)
    assert done.acquire(timeout=PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        slots.submit(done.release)
    assert done.acquire(timeout=PATIENCE)


def test_what_a_job_aside_returns_or_raises_is_told_to_whoever_asks() -> None:
    assert run_in_daemon_thread(lambda: 3, name="three").result(timeout=PATIENCE) == 3
    with pytest.raises(ZeroDivisionError):
        run_in_daemon_thread(lambda: 1 // 0, name="none").result(timeout=PATIENCE)
