"""Become a user of the private server: the first user starts it, all share it, and none is left without it."""

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

from mediaproc.core.errors import MediaprocError, PartMissing
from mediaproc.embedded.cluster import USER, is_ready
from mediaproc.embedded.server_environment import supervisor_environment
from mediaproc.embedded.server_folder import ServerFolder, locked, opened, try_lock

# Two minutes, as the supervisor has for the server's start (`cluster`).
_POLLS, _POLL_SECONDS = 2400, 0.05
# From one look whether a supervisor lives to the next: a daemon would else be without a server until somebody comes.
_LOOK_SECONDS = 2.0


@contextmanager
def private_server(home: Path, *, when_alone: Callable[[str], None] | None = None) -> Iterator[str]:
    """The private server's URL; the server runs at least until the block ends, started, and started again, if need be.

    `when_alone` is called with the URL when nobody else uses the server, and no other user is let in before it returns:
    every executor that has a row in the database is then gone.

    Raises:
        PartMissing: there is no PostgreSQL, or it does not start; the sentence says what to do.
    """
    folder = ServerFolder(path=home / "postgres")
    folder.prepare()
    with opened(folder.users_lock) as users:
        with locked(folder.startup_lock):
            alone = _nobody_else_holds(users)
            # No other user, and not the supervisor, can take this lock in between: each takes the startup lock first.
            fcntl.flock(users, fcntl.LOCK_SH)
            url = _url_of_running_server(folder)
            if alone and when_alone is not None:
                when_alone(url)
        has_left = Event()
        Thread(target=_keep_supervised, args=(folder, has_left), name="private server", daemon=True).start()
        try:
            yield url
        finally:
            has_left.set()


def _keep_supervised(folder: ServerFolder, has_left: Event) -> None:
    """Start another supervisor, and so the server, whenever the last one was killed."""
    while not has_left.wait(_LOOK_SECONDS):
        # What hinders it now may be gone at the next look: a full disk, too many processes.
        with (
            suppress(MediaprocError, OSError),
            locked(folder.startup_lock),
            opened(folder.supervisor_lock) as supervisor,
        ):
            if not has_left.is_set():
                _require_supervisor(folder, supervisor)


def _nobody_else_holds(users: int) -> bool:
    if try_lock(users):
        return True
    # The supervisor may hold it for a moment on its way to the startup lock: wait until it let go, and try again.
    fcntl.flock(users, fcntl.LOCK_SH)
    fcntl.flock(users, fcntl.LOCK_UN)
    return try_lock(users)


def _url_of_running_server(folder: ServerFolder) -> str:
    with opened(folder.supervisor_lock) as supervisor:
        for _ in range(_POLLS):
            _require_supervisor(folder, supervisor)
            socket = folder.socket_folder()
            if socket is not None and is_ready(folder.data):
                password = quote(folder.password(), safe="")
                return f"postgresql://{USER}:{password}@/postgres?host={quote(str(socket), safe='')}"
            Event().wait(_POLL_SECONDS)
    raise PartMissing(f"The private PostgreSQL in {folder.path} does not start: its log is {folder.log}.")


def _require_supervisor(folder: ServerFolder, supervisor: int) -> None:
    """Whoever calls it holds the startup lock; `supervisor` is an open descriptor of the supervisor's lock."""
    if try_lock(supervisor):
        # No supervisor lives: the server was never started, or its supervisor was killed.
        fcntl.flock(supervisor, fcntl.LOCK_UN)
        _start_supervisor(folder)


def _start_supervisor(folder: ServerFolder) -> None:
    """Starts the supervisor, and returns once the server answers."""
    cluster = folder.cluster()
    if not cluster.folder.exists():
        cluster.initialise(password=folder.password())
    with folder.log.open("ab") as log:
        supervisor = subprocess.Popen(
            # -P: nothing is imported from the folder that the command happens to be called in.
            [sys.executable, "-P", "-m", "mediaproc.embedded.supervisor", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            env=supervisor_environment(),
            # The supervisor outlives this command when others use the server, and Ctrl-C is not meant for it.
            start_new_session=True,
        )
    if supervisor.stdout is None:
        raise AssertionError("a pipe was asked for")
    with supervisor.stdout as answer:
        sentence = answer.readline().decode(errors="replace").strip()
    # Nothing here waits for its end: init takes the supervisor over when this command ends before it.
    supervisor.returncode = 0
    if sentence != "ready":
        raise PartMissing(sentence or f"The private PostgreSQL does not start: its log is {folder.log}.")
