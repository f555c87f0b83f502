"""Further nodes with which something is wrong, each beside the crew for a while: nobody else may feel them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from mediaproc.core.text import shown
from tests.parts.disks import small_disk
from tests.parts.executors import PATIENCE
from tests.parts.log_faults import LOG_FAULTS
from tests.parts.minio import MinioServer
from tests.parts.settings import without_settings
from tests.parts.wallclock import WallClock

# Seconds that such a node stays: several ticks, and longer than an encode of most clips.
STAY = (1.5, 4.0)
# Bytes: a disk on which an executor would start, and what is free there, less than it leaves alone.
_SMALL_DISK, _LEFT = 512 << 20, 32 << 20
_HOUR, _LOOKS = 3600, 100
# It lists every encoder but the one that an mp4 needs, and cannot encode with that one.
_WITHOUT_ENCODER = """#!/bin/sh
case "$*" in
  *-encoders*) /usr/bin/env ffmpeg "$@" | grep -v libx264 ;;
  *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 8 ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""


@dataclass(frozen=True)
class Ground:
    """What a bad node is made of: a good one's settings, the store's server, a folder of its own, the dice."""

    settings: Mapping[str, str]
    minio: MinioServer
    folder: Path
    dice: Random


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """What a bad node is told otherwise than a good one; `stderr` is where it logs, None: to nowhere.

    `exit_codes` are those with which it may end, by itself or when it is drained.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stderr: int | None = None
    exit_codes: tuple[int, ...] = (0,)


Flawed = Callable[[Ground, ExitStack], Flaw]


def _other_store(ground: Ground, _block: ExitStack) -> Flaw:
    return Flaw(settings={"store_url": ground.minio.url(ground.minio.make_bucket())})


def _no_encoder(ground: Ground, _block: ExitStack) -> Flaw:
    program = ground.folder / "ffmpeg"
    program.write_text(_WITHOUT_ENCODER)
    program.chmod(0o755)
    return Flaw(settings={"ffmpeg": str(program)}, exit_codes=(3,))


def _no_profile(_ground: Ground, _block: ExitStack) -> Flaw:
    return Flaw(without=("profiles",))


def _clock_off(ground: Ground, _block: ExitStack) -> Flaw:
    wall_clock = WallClock(ground.folder)
    wall_clock.step(ground.dice.choice([-_HOUR, _HOUR]))
    return Flaw(environment=wall_clock.environment)


def _full_disk(ground: Ground, block: ExitStack) -> Flaw:
    disk = block.enter_context(small_disk(ground.folder / "disk", size=_SMALL_DISK, lazy=True))
    with (disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, _SMALL_DISK - _LEFT)
    return Flaw(settings={"scratch": str(disk)})


def _logging_to(fault: Callable[[], AbstractContextManager[int]]) -> Flawed:
    def flawed(_ground: Ground, block: ExitStack) -> Flaw:
        # Debug fills a stalled pipe soonest.
        return Flaw(settings={"log_level": "debug"}, stderr=block.enter_context(fault()))

    return flawed


FLAWS: Mapping[str, Flawed] = {
    **{name: _logging_to(fault) for name, fault in LOG_FAULTS.items()},
    "node with another store": _other_store,
    "node without an encoder": _no_encoder,
    "node without a profile": _no_profile,
    "node with a wrong clock": _clock_off,
    "node with a full disk": _full_disk,
}


def visit(flawed: Flawed, *, ground: Ground, is_there: Callable[[int], bool]) -> list[str]:
    """Start one, let it stay a while once `is_there` says of its pid that it is registered, and drain it.

    Returns what was wrong about its end.
    """
    with ExitStack() as block:
        flaw = flawed(ground, block)
        process = block.enter_context(_running(ground, flaw=flaw))
        pause = threading.Event()
        # One whose store refuses its clock waits with its registration until that does not.
        for _ in range(_LOOKS):
            if process.poll() is not None or is_there(process.pid):
                break
            pause.wait(0.1)
        try:
            process.wait(timeout=ground.dice.uniform(*STAY))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)
    name = next(name for name, known in FLAWS.items() if known is flawed)
    return [] if code in flaw.exit_codes else [f"a {name} ended with {code}: {_last_words(ground)}"]


@contextmanager
def _running(ground: Ground, *, flaw: Flaw) -> Iterator[subprocess.Popen[bytes]]:
    settings = {name: value for name, value in ground.settings.items() if name not in flaw.without} | dict(
        flaw.settings
    )
    told = {f"MEDIAPROC_{name.upper()}": value for name, value in settings.items()}
    with (ground.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mediaproc", "executor"],
            env={**without_settings(), **told, **flaw.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log if flaw.stderr is None else flaw.stderr,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _last_words(ground: Ground) -> str:
    return shown((ground.folder / "log").read_bytes()[-1000:], limit=1000)
