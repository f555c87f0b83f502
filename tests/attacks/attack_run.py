"""Runs an attack through the plain pipeline or through ours, and observes what they do."""

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
from tests.attacks.attack import Attack, Observation
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.observers import Listener, OpenWatch
from tests.attacks.our_pipeline import run_our_pipeline
from tests.attacks.passwd import PASSWD, in_its_place
from tests.attacks.plain_pipeline import run_plain_pipeline
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


# The plain pipeline has no sandbox and no user of its own.
_UNCONFINED = Mode(name="unconfined", sandbox="off")
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
    """The modes that this user can run: root all of them, any other user those of an ordinary user."""
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


def observe_plain_pipeline(attack: Attack, *, tools: Tools, listener: Listener) -> Observation:
    """What the plain pipeline does with the upload."""
    with _prepared_upload(attack, tools=tools, port=listener.port) as (source, watch):
        observation = _in_process(
            lambda: run_plain_pipeline(attack, tools=tools, source=source, port=listener.port), watch=watch
        )
        return replace(observation, opened=watch.opened(), connected=observation.connected or listener.was_connected())


def observe_our_pipeline(attack: Attack, *, tools: Tools, mode: Mode, listener: Listener) -> Observation:
    """What our pipeline does with the upload."""
    port = listener.port
    with _prepared_upload(attack, tools=tools, port=port, uid=mode.uid) as (source, watch):
        sandbox = in_mode(lambda: find_sandbox(mode.sandbox, tool=tools.ffprobe), mode=mode)
        observation = _in_process(
            lambda: run_our_pipeline(attack, tools=tools, sandbox=sandbox, source=source, port=port),
            watch=watch,
            mode=mode,
        )
        return replace(observation, opened=watch.opened(), connected=observation.connected or listener.was_connected())


def _in_process(action: Callable[[], Result], *, watch: OpenWatch, mode: Mode = _UNCONFINED) -> Result:
    """What `action` returns in a process of its own, in which a watched copy of /etc/passwd is mounted in its place."""
    if watch.path.name != _COPY_OF_PASSWD:
        return in_mode(action, mode=mode)
    return in_fork(lambda: in_its_place(watch.path, lambda: in_mode(action, mode=mode)))


@contextmanager
def _prepared_upload(
    attack: Attack, *, tools: Tools, port: int, uid: int | None = None
) -> Iterator[tuple[Path, OpenWatch]]:
    """The upload in a folder of its own, and a watch on the file that must not be opened."""
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-attack-"))
    try:
        attack_folder = AttackFolder(path=folder, port=port, ffmpeg=tools.ffmpeg)
        attack_folder.prepare()
        source = attack.make(attack_folder)
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
