import signal
import subprocess
import sys
import threading

from mediaproc.signals import Stop, on_signals

# The signal comes while the main thread holds the lock of the event that it waits for.
SIGNALLED_WHILE_WAITING = """
import signal
from mediaproc.signals import Stop, on_signals

stop = Stop()
with on_signals(stop):
    with stop.drain._cond:
        signal.raise_signal(signal.SIGTERM)
    assert stop.drain.wait(60)
    signal.raise_signal(signal.SIGINT)
    assert stop.hurry.wait(60)
"""


def test_a_signal_is_heard_whatever_the_main_thread_does() -> None:
    subprocess.run([sys.executable, "-c", SIGNALLED_WHILE_WAITING], timeout=120, check=True)


def test_a_handler_that_sets_the_event_itself_would_wait_for_ever() -> None:
    """The control."""
    itself = (
        "import signal, threading\n"
        "told = threading.Event()\n"
        "signal.signal(signal.SIGTERM, lambda *_: told.set())\n"
        "print('ready', flush=True)\n"
        "with told._cond:\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "print('never', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", itself], stdout=subprocess.PIPE) as waits:
        assert waits.stdout is not None
        assert waits.stdout.readline() == b"ready\n"
        watch = threading.Timer(2, waits.kill)
        watch.start()
        assert waits.stdout.readline() == b""


def test_the_handlers_from_before_come_back_and_the_thread_ends() -> None:
    before, threads = signal.getsignal(signal.SIGINT), threading.active_count()
    with on_signals(Stop()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    assert threading.active_count() == threads
