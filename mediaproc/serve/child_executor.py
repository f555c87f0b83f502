"""`mediaproc executor` as a child of the server: started again, after a growing delay, when it ends by itself."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, randomness
from mediaproc.core.backoff import START

# Seconds after which a child that ended had worked: the next one is started without much of a delay.
_WORKED = 60.0


class ChildExecutor:
    """The child has a process group of its own, so that Ctrl-C reaches only the server; it drains when that dies."""

    def __init__(self, environment: Mapping[str, str], *, log: FilteringBoundLogger) -> None:
        self._environment = dict(environment)
        self._log = log
        self._lock = threading.Lock()
        self._is_ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # The death of the thread that starts a child ends the child: this one lives as long as it is wanted.
        self._thread = threading.Thread(target=self._keep_running, name="child-executor", daemon=True)

    def start(self) -> None:
        """Start the first one."""
        self._thread.start()

    def tell(self) -> None:
        """Let it drain, and start no other one; told again, it releases at once what it has."""
        with self._lock:
            self._is_ending.set()
            self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once; others take its tasks over."""
        with self._lock:
            self._is_ending.set()
            self._send(signal.SIGKILL)

    def has_ended(self, *, within: float) -> bool:
        """Whether it ends within so many seconds, for good."""
        self._thread.join(within)
        return not self._thread.is_alive()

    def _keep_running(self) -> None:
        failures = 0
        while (process := self._started()) is not None:
            began = clock.elapsed()
            code = process.wait()
            if self._is_ending.is_set():
                return
            failures = 0 if clock.elapsed() - began >= _WORKED else failures
            delay = START.delay(failures, jitter=randomness.random_fraction())
            self._log.warning("executor_ended", code=code, next_try_seconds=round(delay, 1))
            self._is_ending.wait(delay)
            failures += 1

    def _started(self) -> subprocess.Popen[bytes] | None:
        """The next child; None when none is wanted any more."""
        setpriv = shutil.which("setpriv")
        dying = (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
        with self._lock:
            if self._is_ending.is_set():
                return None
            self._process = subprocess.Popen(
                # -P: nothing is imported from the folder that the command happens to be called in.
                [*dying, sys.executable, "-P", "-m", "mediaproc", "executor"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        self._log.info("executor_begun", pid=self._process.pid)
        return self._process

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
