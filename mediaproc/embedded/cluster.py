"""One PostgreSQL data folder: made by initdb, served by a server that dies with the process that started it."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from mediaproc.core.errors import PartMissing
from mediaproc.embedded.binaries import Binaries
from mediaproc.embedded.server_environment import server_environment
from mediaproc.embedded.server_user import Identity, server_identity

USER = "mediaproc"
# Two minutes: enough for a recovery after a crash on a slow disk.
_POLLS, _POLL_SECONDS = 2400, 0.05
# Lines of postmaster.pid, counted from 0 (see src/include/utils/pidfile.h).
_PID_LINE, _STATUS_LINE = 0, 7
_WRONG = re.compile(r"\b(?:FATAL|PANIC|error):")
# Lines of a log, which also holds what stopped earlier servers.
_LAST_LINES = 5
_REMEDY = "mend what it names, such as a disk without room, or set MEDIAPROC_HOME to another folder"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A data folder, the programs that serve it and the identity that they run under."""

    folder: Path
    binaries: Binaries
    identity: Identity = field(default_factory=server_identity)

    def initialise(self, *, password: str, durable: bool = True) -> None:
        """Make the data folder, whole or not at all, owned by a superuser `mediaproc` who logs in by password.

        Raises:
            PartMissing: initdb refused; the sentence carries its reason.
        """
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        self.identity.give(unfinished)
        # The password goes by a file: arguments are seen by every user of the machine.
        with tempfile.TemporaryDirectory(prefix="mediaproc-") as private:
            secret = Path(private) / "password"
            secret.write_text(password, encoding="utf-8")
            for path in (secret, Path(private)):
                self.identity.give(path)
            made = self.identity.run([*self._initdb(unfinished, secret), *([] if durable else ["--no-sync"])])
        if made.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise PartMissing(
                f"PostgreSQL could not make its folder {self.folder} ({_reason(made.stderr)}): {_REMEDY}."
            )
        unfinished.rename(self.folder)

    def _initdb(self, folder: Path, password_file: Path) -> list[str | Path]:
        # UTF8 and C always: under SQL_ASCII the first connection dies, and other locales may not be installed.
        return [
            *(self.binaries.initdb, "-D", folder, "-U", USER, f"--pwfile={password_file}"),
            *("-E", "UTF8", "--locale=C", "--auth=scram-sha-256"),
        ]

    def start(self, settings: Mapping[str, str], *, log: Path, death_signal: str) -> subprocess.Popen[bytes]:
        """Start the server; the death of the calling thread sends it `death_signal` (INT: fast, QUIT: immediate)."""
        self._wait_for_predecessor()
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        setpriv = shutil.which("setpriv")
        # Behind the change of identity, which would clear it.
        dying = (setpriv, "--pdeathsig", death_signal, "--") if setpriv else ()
        with log.open("ab") as lines:
            return subprocess.Popen(
                [*self.identity.prefix, *dying, str(self.binaries.postgres), "-D", str(self.folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
                cwd="/",
                env=server_environment(),
                user=self.identity.uid,
                group=self.identity.gid,
                extra_groups=None if self.identity.uid is None else [],
                # Ctrl-C in a terminal is for the command, which then ends the server in its own time.
                start_new_session=True,
            )

    def wait_until_ready(self, process: subprocess.Popen[bytes], *, log: Path) -> None:
        """Return when the server takes connections.

        Raises:
            PartMissing: the server ended instead, or took two minutes; the sentence carries the reason in its log.
        """
        for _ in range(_POLLS):
            if is_ready(self.folder):
                return
            try:
                process.wait(timeout=_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        said = _reason("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]))
        raise PartMissing(
            f"The private PostgreSQL in {self.folder} does not start ({said}): see its log {log}; {_REMEDY}."
        )

    def _wait_for_predecessor(self) -> None:
        """Waits for the end of a server whose starter was killed; removes the pid file of one that crashed.

        PostgreSQL refuses to start where the process number in an old pid file belongs to another process by now, as it
        soon does in a restarted container.
        """
        for _ in range(_POLLS):
            lines = pid_file_lines(self.folder)
            if not lines or not _serves(self.folder, pid=lines[_PID_LINE]):
                break
            Event().wait(_POLL_SECONDS)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)


def pid_file_lines(folder: Path) -> list[str]:
    """The lines of the data folder's `postmaster.pid`; empty where no server runs or left one."""
    try:
        text = (folder / "postmaster.pid").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def is_ready(folder: Path) -> bool:
    """Whether a server of this data folder lives and takes connections."""
    lines = pid_file_lines(folder)
    ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE] == "ready"
    # A server that was killed leaves its pid file behind.
    return ready and _serves(folder, pid=lines[_PID_LINE])


def _serves(folder: Path, *, pid: str) -> bool:
    try:
        # A server works in its data folder; another process of that number does not.
        return Path("/proc", pid, "cwd").readlink() == folder.resolve()
    except OSError:
        return False


def _reason(text: str) -> str:
    """The last line that says what was wrong, else the last line; never one about initdb's own tidying up."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if _WRONG.search(line)]
    told = [line for line in lines if not line.startswith("initdb: removing")]
    last = (wrong or told or ["it says nothing about why"])[-1]
    return last.rstrip(".")
