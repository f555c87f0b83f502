"""Where the private server's files are, and the locks that its users, its starters and its supervisor hold.

The names on disk stay as they are: two versions of mediaproc may share a folder, and must lock the same files.
"""

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import PartMissing
from mediaproc.embedded.binaries import Binaries, find_binaries
from mediaproc.embedded.cluster import Cluster
from mediaproc.embedded.server_user import server_identity

# sun_path of sockaddr_un on Linux, less its closing zero.
_LONGEST_SOCKET_PATH = 107
_SOCKET_NAME = "/.s.PGSQL.5432"
# unix_socket_directories is a list: commas and quotes mean something in it.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._ -]+")
_SOCKET_FOLDER_PREFIX = "mediaproc-socket-"


@dataclass(frozen=True, kw_only=True)
class ServerFolder:
    """The folder `postgres` in a home."""

    path: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.path / "data"

    @property
    def users_lock(self) -> Path:
        """Held shared by every user; exclusively by the supervisor when no user is left."""
        return self.path / "users.lock"

    @property
    def startup_lock(self) -> Path:
        """Held by a user while it starts or finds the server, and by the supervisor while it ends the server."""
        return self.path / "door.lock"  # the name since the first version

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor while it lives."""
        return self.path / "keeper.lock"  # the name since the first version

    @property
    def log(self) -> Path:
        """What the server and the supervisor write."""
        return self.path / "server.log"

    def prepare(self) -> None:
        """Make the folder, for its owner only.

        Raises:
            PartMissing: it cannot be made or entered.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The server's user, where it is not this one, must pass through; all that is in here is closed to it.
            self.path.chmod(0o700 if server_identity().uid is None else 0o711)
        except OSError as error:
            raise PartMissing(
                f"The folder {self.path} for the private database cannot be used ({error.strerror}):"
                " set MEDIAPROC_HOME to a folder of yours, or MEDIAPROC_DATABASE_URL to a PostgreSQL."
            ) from error
        if not server_identity().may_enter(self.path):
            raise PartMissing(
                f"PostgreSQL does not run as root, and the user that it runs as cannot enter {self.path}:"
                " set MEDIAPROC_HOME to a folder that others may enter, such as /var/lib/mediaproc."
            )

    def cluster(self) -> Cluster:
        """The data folder with programs of its version.

        Raises:
            PartMissing: this machine has no PostgreSQL, or only other versions than the one that made the folder.
        """
        version = self.data / "PG_VERSION"
        if not version.exists():
            return Cluster(folder=self.data, binaries=find_binaries())
        return Cluster(folder=self.data, binaries=self._binaries(int(version.read_text(encoding="utf-8"))))

    def _binaries(self, major: int) -> Binaries:
        try:
            return find_binaries(major=major)
        except PartMissing as error:
            raise PartMissing(
                f"The private database in {self.path} was made by PostgreSQL {major}, which is not on this machine:"
                f" install PostgreSQL {major}, or move that folder away to begin anew."
            ) from error

    def password(self) -> str:
        """The server's password, made on first use and readable by its owner only."""
        file = self.path / "password"
        if not file.exists():
            unfinished = file.with_suffix(".new")
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_urlsafe(32), encoding="utf-8")
            unfinished.replace(file)
        return file.read_text(encoding="utf-8")

    def make_socket_folder(self) -> Path:
        """A private folder for the server's socket; outside of the home where a path in it would be too long.

        A server that is started after a crash has the folder of the one before: its users know that one.
        """
        last, folder = self.socket_folder(), self.path / "run"
        fits = len(os.fsencode(folder)) + len(_SOCKET_NAME) <= _LONGEST_SOCKET_PATH
        if fits and _PLAIN_PATH.fullmatch(str(folder)):
            self.remove_socket_folder()
            folder.mkdir(exist_ok=True)
        elif last is not None and last.name.startswith(_SOCKET_FOLDER_PREFIX) and server_identity().has_alone(last):
            return last
        else:
            self.remove_socket_folder()
            folder = Path(tempfile.mkdtemp(prefix=_SOCKET_FOLDER_PREFIX, dir="/tmp"))
        server_identity().give(folder)
        self._socket_note.write_text(str(folder), encoding="utf-8")
        return folder

    def socket_folder(self) -> Path | None:
        """Where the running, or last, server put its socket."""
        note = self._socket_note
        return Path(note.read_text(encoding="utf-8")) if note.exists() else None

    def remove_socket_folder(self) -> None:
        """Remove the socket folder that the last server left outside of the home."""
        folder = self.socket_folder()
        if folder is not None and folder.name.startswith(_SOCKET_FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        self._socket_note.unlink(missing_ok=True)

    @property
    def _socket_note(self) -> Path:
        return self.path / "socket-folder"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Holds the file's lock exclusively inside the block; waits for it without a limit."""
    with opened(file) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def opened(file: Path) -> Iterator[int]:
    """A descriptor to lock; no child inherits it, so the lock ends with this process."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Takes the lock if no other process holds it; returns whether it did."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
