"""The process that owns the private server: it restarts it after a crash and ends it with its last user.

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
    # No TCP at all: the only way in is a socket in a folder of its owner's, and it asks for a password.
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "60",
    "shared_buffers": "64MB",
}
# Seconds: for a fast shutdown with its checkpoint, before it is ended less kindly; between crash and restart.
_SHUTDOWN, _PAUSE = 60, 1


class Supervisor:
    """The server of one folder, from its start to the leaving of its last user."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder
        self._cluster = folder.cluster()
        self._leaving = Event()
        self._server = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        settings = _SETTINGS | {"unix_socket_directories": str(self._folder.make_socket_folder())}
        # Killed itself, it must not leave a server behind that nobody ends.
        server = self._cluster.start(settings, log=self._folder.log, death_signal="INT")
        self._cluster.wait_until_ready(server, log=self._folder.log)
        return server

    def keep(self) -> None:
        """Return when the server has ended for good."""
        with answered(signal.SIGTERM, by=self._terminate):
            Thread(target=self._wait_for_last_user, daemon=True).start()
            while True:
                self._server.wait()
                if self._leaving.wait(_PAUSE):
                    break
                self._server = self._started()
            self._folder.remove_socket_folder()

    def _terminate(self) -> None:
        self._leaving.set()
        self._server.send_signal(signal.SIGINT)

    def _wait_for_last_user(self) -> None:
        """End the server once nobody uses it; both locks are then held until this process has ended."""
        folder = self._folder
        while True:
            with opened(folder.users_lock) as users:
                fcntl.flock(users, fcntl.LOCK_EX)
            door = os.open(folder.startup_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(door, fcntl.LOCK_EX)
            with opened(folder.users_lock) as users:
                if try_lock(users):
                    self._end()
                    return
            # Somebody came in meanwhile.
            os.close(door)

    def _end(self) -> None:
        self._leaving.set()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._server.send_signal(number)
            try:
                self._server.wait(timeout=_SHUTDOWN)
            except subprocess.TimeoutExpired:
                continue
            return


def main() -> int:
    """Keep the server of the folder that is this program's argument."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = ServerFolder(path=Path(sys.argv[1]))
    with opened(folder.supervisor_lock) as lock:
        if not try_lock(lock):
            return _answer("Another keeper runs already.")
        try:
            supervisor = Supervisor(folder)
        except MediaprocError as error:
            return _answer(str(error))
        _answer("ready")
        supervisor.keep()
    return 0


def _answer(line: str) -> int:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    # Who asked goes on without us; nothing may be written to its pipe later.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
    return 1


if __name__ == "__main__":
    sys.exit(main())
