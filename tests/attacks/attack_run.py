"""Setting an attack up, running it one way or the other, and seeing what came of it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack, Seen
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.observers import Listener, OpenWatch
from tests.attacks.our_pipeline import confinedly
from tests.attacks.passwd import PASSWD, in_its_place
from tests.attacks.plain_pipeline import plainly
from tests.ffmpeg.ordinary_user import NOBODY, in_fork
from tests.parts.container import Container, can_be_made, in_container

_COPY_OF_PASSWD = "copy-of-passwd"

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Mode:
    """How our pipeline runs: as which user (None: as whoever runs the tests), in what sandbox, in what container."""

    name: str
    sandbox: SandboxSetting
    uid: int | None = None
    container: Container | None = None


# Of the plain pipeline, which is in no sandbox.
_AS_IT_IS = Mode(name="as it is", sandbox="off")
_AS_ROOT = (
    Mode(name="root, bubblewrap", sandbox="require"),
    Mode(name="root, limits only", sandbox="off"),
    Mode(name="root, container without user namespaces", sandbox="auto", container=Container.PLAIN),
)
_AS_ORDINARY_USER = (
    Mode(name="ordinary user, bubblewrap", sandbox="require", uid=NOBODY),
    Mode(name="ordinary user, limits only", sandbox="off", uid=NOBODY),
    Mode(name="ordinary user, container of compose.yaml", sandbox="require", uid=NOBODY, container=Container.COMPOSE),
    Mode(
        name="ordinary user, container without user namespaces",
        sandbox="auto",
        uid=NOBODY,
        container=Container.PLAIN,
    ),
)


def modes_here() -> tuple[Mode, ...]:
    """The modes that whoever runs the tests can run: root all of them, anyone else their own."""
    modes = (*_AS_ROOT, *_AS_ORDINARY_USER) if os.geteuid() == 0 else _of_this_user()
    return tuple(mode for mode in modes if mode.container is None or can_be_made())


def _of_this_user() -> tuple[Mode, ...]:
    return tuple(replace(mode, uid=None) for mode in _AS_ORDINARY_USER)


def in_mode(action: Callable[[], Result], *, mode: Mode) -> Result:
    """What `action` returns in a process of its own, as the mode's user and in its container."""
    container = mode.container
    if container is None:
        return in_fork(action, uid=mode.uid)
    return in_fork(lambda: in_container(container, lambda: in_fork(action, uid=mode.uid)))


def see_plainly(attack: Attack, *, tools: Tools, listener: Listener) -> Seen:
    """What the plain pipeline does with the upload."""
    with _set_out(attack, tools=tools, port=listener.port) as (source, watch):
        seen = _on_stage(lambda: plainly(attack, tools=tools, source=source, port=listener.port), watch=watch)
        return replace(seen, opened=watch.opened(), connected=seen.connected or listener.visited())


def see_confinedly(attack: Attack, *, tools: Tools, mode: Mode, listener: Listener) -> Seen:
    """What ours does with it."""
    port = listener.port
    with _set_out(attack, tools=tools, port=port, uid=mode.uid) as (source, watch):
        sandbox = in_mode(lambda: find_sandbox(mode.sandbox, tool=tools.ffprobe), mode=mode)
        seen = _on_stage(
            lambda: confinedly(attack, tools=tools, sandbox=sandbox, source=source, port=port),
            watch=watch,
            mode=mode,
        )
        return replace(seen, opened=watch.opened(), connected=seen.connected or listener.visited())


def _on_stage(action: Callable[[], Result], *, watch: OpenWatch, mode: Mode = _AS_IT_IS) -> Result:
    """What `action` returns in a process of its own; where a copy of /etc/passwd is watched, it is there as that."""
    if watch.path.name != _COPY_OF_PASSWD:
        return in_mode(action, mode=mode)
    return in_fork(lambda: in_its_place(watch.path, lambda: in_mode(action, mode=mode)))


@contextmanager
def _set_out(attack: Attack, *, tools: Tools, port: int, uid: int | None = None) -> Iterator[tuple[Path, OpenWatch]]:
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-attack-"))
    try:
        yard = AttackFolder(folder=folder, port=port, ffmpeg=tools.ffmpeg)
        yard.prepare()
        source = attack.make(yard)
        if attack.watched == PASSWD:
            shutil.copyfile(PASSWD, folder / _COPY_OF_PASSWD)
        if uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, uid, uid)
        watch = OpenWatch(folder / (_COPY_OF_PASSWD if attack.watched == PASSWD else attack.watched))
        try:
            yield source, watch
        finally:
            watch.close()
    finally:
        shutil.rmtree(folder)
