"""Setting an attack up, running it one way or the other, and seeing what came of it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.ffmpeg.detection import SandboxSetting, find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack, Seen
from tests.attacks.confined import confinedly
from tests.attacks.observers import Listener, OpenWatch
from tests.attacks.plain import plainly
from tests.attacks.yard import Yard
from tests.ffmpeg.ordinary_user import NOBODY, in_fork

# A file that everything on a machine reads cannot be watched for one reader; its content would begin so.
_PASSWD_BEGINS = "root:x:0"


@dataclass(frozen=True, kw_only=True)
class Mode:
    """How our pipeline runs: as which user (None: as whoever runs the tests), and in what sandbox."""

    name: str
    sandbox: SandboxSetting
    uid: int | None = None


_AS_ROOT = (
    Mode(name="root, bubblewrap", sandbox="require"),
    Mode(name="root, limits only", sandbox="off"),
)
_AS_ORDINARY_USER = (
    Mode(name="ordinary user, bubblewrap", sandbox="require", uid=NOBODY),
    Mode(name="ordinary user, limits only", sandbox="off", uid=NOBODY),
)


def modes_here() -> tuple[Mode, ...]:
    """The modes that whoever runs the tests can run: root all of them, anyone else their own."""
    if os.geteuid() == 0:
        return (*_AS_ROOT, *_AS_ORDINARY_USER)
    return tuple(replace(mode, uid=None) for mode in _AS_ORDINARY_USER)


def see_plainly(attack: Attack, *, tools: Tools, listener: Listener) -> Seen:
    """What the plain pipeline does with the upload."""
    with _set_out(attack, tools=tools, port=listener.port) as (source, watch):
        seen = in_fork(lambda: plainly(attack, tools=tools, source=source, port=listener.port))
        return replace(seen, opened=watch.opened(), connected=seen.connected or listener.visited())


def see_confinedly(attack: Attack, *, tools: Tools, mode: Mode, listener: Listener) -> Seen:
    """What ours does with it."""
    with _set_out(attack, tools=tools, port=listener.port, uid=mode.uid) as (source, watch):
        sandbox = in_fork(lambda: find_sandbox(mode.sandbox, tool=tools.ffprobe), uid=mode.uid)
        seen = in_fork(lambda: confinedly(attack, tools=tools, sandbox=sandbox, source=source), uid=mode.uid)
        opened = _PASSWD_BEGINS in seen.kept if attack.watched.startswith("/") else watch.opened()
        return replace(seen, opened=opened, connected=listener.visited())


@contextmanager
def _set_out(attack: Attack, *, tools: Tools, port: int, uid: int | None = None) -> Iterator[tuple[Path, OpenWatch]]:
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-attack-"))
    try:
        yard = Yard(folder=folder, port=port, ffmpeg=tools.ffmpeg)
        yard.prepare()
        source = attack.make(yard)
        if uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, uid, uid)
        watch = OpenWatch(folder / attack.watched)
        try:
            yield source, watch
        finally:
            watch.close()
    finally:
        shutil.rmtree(folder)
