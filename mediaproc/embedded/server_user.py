"""As whom PostgreSQL's programs run: PostgreSQL refuses to run as root, so root runs them under another identity."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mediaproc.core.errors import PartMissing
from mediaproc.embedded.server_environment import server_environment

# By its whole path: PATH may lead anywhere, or nowhere.
_SHELL = "/bin/sh"
# The users that may own a server where user namespaces are closed: the distribution's own first.
_STAND_INS = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The words to put before a command, and the user to become, with which PostgreSQL accepts to run."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def give(self, folder: Path) -> None:
        """Make a folder the identity's own, with nothing in it for anybody else."""
        folder.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def has_alone(self, folder: Path) -> bool:
        """Whether it is a folder of the identity's own, with nothing in it for anybody else."""
        try:
            found = folder.lstat()
        except OSError:
            return False
        owner = os.geteuid() if self.uid is None else self.uid
        return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077

    def may_enter(self, folder: Path) -> bool:
        """Whether the identity can pass through a folder."""
        return self.run([_SHELL, "-c", 'test -x "$0"', folder]).returncode == 0

    def run(self, arguments: Sequence[str | Path], *, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, with `text` on its standard input; the caller judges its exit code."""
        return subprocess.run(
            [*self.prefix, *arguments],
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            # The program would not start in a working folder that the other identity may not enter.
            cwd="/",
            env=server_environment(),
            # Ctrl-C in a terminal is for the command, which lets the program finish and then stops in good order.
            start_new_session=True,
            check=False,
        )


@cache
def server_identity() -> Identity:
    """This process's own user; for root an ordinary user in a user namespace, else an ordinary user of this machine.

    Raises:
        PartMissing: root, with user namespaces closed and no user to become.
    """
    if os.geteuid() != 0:
        return Identity()
    unshare = shutil.which("unshare")
    if unshare is not None:
        # Inside it the process sees itself as user 1000; files stay root's own, so no folder need be opened to anyone.
        prefix = (unshare, "--user", "--map-user=1000", "--map-group=1000", "--")
        identity = Identity(prefix=prefix)
        if identity.run([_SHELL, "-c", ":"]).returncode == 0:
            return identity
    for name in _STAND_INS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(uid=user.pw_uid, gid=user.pw_gid)
    raise PartMissing(
        "PostgreSQL does not run as root, and this machine has neither user namespaces nor a user `nobody`:"
        " run mediaproc as an ordinary user, or set MEDIAPROC_DATABASE_URL."
    )
