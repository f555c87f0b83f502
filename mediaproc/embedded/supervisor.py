"""The process that owns the private server: restarts it after a crash, and ends it when its last user has left.

The server stays no longer than its last user; a longer stay would begin in `_wait_for_last_user`.
Run as `python -m mediaproc.embedded.supervisor FOLDER`; it answers one line on standard output, `ready` or a sentence.
"""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

from mediaproc.core.errors import MediaprocError
from mediaproc.embedded.server_folder import ServerFolder, opened, try_lock
from mediaproc.signals import answered

_SETTINGS = {
    # No TCP at all: the only way in is a socket in a folder of its owner's, and the server asks for a password.
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "60",
    "shared_buffers": "64MB",
}
# Seconds: how long a shutdown with its checkpoint may take before the next, harder signal; from a crash to the restart.
_SHUTDOWN_TIMEOUT, _RESTART_DELAY = 60, 1


class Supervisor:
    """The server of one folder, from its start to the leaving of its last user."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder
        self._cluster = folder.cluster()
        self._is_ending = Event()
        self._server = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        settings = _SETTINGS | {"unix_socket_directories": str(self._folder.make_socket_folder())}
        # Where the supervisor itself is killed, it must not leave a server behind that nobody ends.
        server = self._cluster.start(settings, log=self._folder.log, death_signal="INT")
        self._cluster.wait_until_ready(server, log=self._folder.log)
        return server

    def run(self) -> None:
        """Restarts the server whenever it crashes; returns when it has ended for good."""
        with answered(signal.SIGTERM, by=self._terminate):
            Thread(target=self._wait_for_last_user, daemon=True).start()
            while True:
                self._server.wait()
                if self._is_ending.wait(_RESTART_DELAY):
                    break
                self._server = self._started()
            self._folder.remove_socket_folder()

    def _terminate(self) -> None:
        self._is_ending.set()
        self._server.send_signal(signal.SIGINT)

    def _wait_for_last_user(self) -> None:
        """Ends the server once nobody uses it; both locks are then held until this process has ended."""
        folder = self._folder
        while True:
            with opened(folder.users_lock) as users:
                fcntl.flock(users, fcntl.LOCK_EX)
            startup = os.open(folder.startup_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(startup, fcntl.LOCK_EX)
            with opened(folder.users_lock) as users:
                if try_lock(users):
                    self._end()
                    return
            # A new user came while the supervisor waited for the startup lock.
            os.close(startup)

    def _end(self) -> None:
        self._is_ending.set()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._server.send_signal(number)
            try:
                self._server.wait(timeout=_SHUTDOWN_TIMEOUT)
            except subprocess.TimeoutExpired:
                continue
            return


def main() -> int:
    """Runs the server of the folder that is this program's argument."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = ServerFolder(path=Path(sys.argv[1]))
    with opened(folder.supervisor_lock) as lock:
        if not try_lock(lock):
            return _answer("Another supervisor runs already.")
        try:
            supervisor = Supervisor(folder)
        except MediaprocError as error:
            return _answer(str(error))
        _answer("ready")
        supervisor.run()
    return 0


def _answer(line: str) -> int:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    # The command that asked goes on and closes its end of the pipe: nothing may be written to it from here on.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
    return 1


if __name__ == "__main__":
    sys.exit(main())
