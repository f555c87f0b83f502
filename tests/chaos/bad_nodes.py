"""Further nodes with which something is wrong, each beside the crew for a while: nobody else may feel them."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from mediaproc.core.safe_text import shown
from tests.e2e import with_little_memory
from tests.parts.executors import PATIENCE, executor_logging_to
from tests.parts.lacking_ffmpeg import make_broken_ffmpeg, make_ffmpeg_without_encoder
from tests.parts.log_faults import LOG_FAULTS
from tests.parts.minio import MinioServer
from tests.parts.small_disk import small_disk
from tests.parts.waiting import until
from tests.parts.wallclock import WallClock

# Seconds that such a node stays: several ticks, and longer than an encode of most clips.
STAY = (1.5, 4.0)
# Bytes: a disk on which an executor would start, and what is free there, less than it leaves alone.
_SMALL_DISK, _LEFT = 512 << 20, 32 << 20
_HOUR = 3600
# What an executor logs before it can register, and when it has found out that it fails what others do.
_WAITS, _IS_OUTLIER = b'"event": "waiting"', b'"part": "node"'


@dataclass(frozen=True)
class Ground:
    """What a bad node is made of: a good one's settings, the store's server, a folder of its own, the dice."""

    settings: Mapping[str, str]
    minio: MinioServer
    folder: Path
    dice: Random


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """What a bad node is told otherwise than a good one; `stderr` is where it logs, None: to a file of its own.

    `program` is a script to run instead of the module.

    It stays until it has logged `stays_until`, and a while. It ends with `exit_code`: with 0 when it is drained, with
    another one by itself.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stderr: int | None = None
    program: Path | None = None
    stays_until: bytes = b""
    exit_code: int = 0


Flawed = Callable[[Ground, ExitStack], Flaw]


def _other_store(ground: Ground, _block: ExitStack) -> Flaw:
    return Flaw(settings={"store_url": ground.minio.url(ground.minio.make_bucket())})


def _no_encoder(ground: Ground, _block: ExitStack) -> Flaw:
    return Flaw(settings={"ffmpeg": str(make_ffmpeg_without_encoder(ground.folder))}, exit_code=3)


def _broken_ffmpeg(ground: Ground, _block: ExitStack) -> Flaw:
    # It pauses for longer than it takes to drain it, or its trials would be as many as one task may have.
    pauses = {"backoff": "2", "backoff_cap": "20"}
    return Flaw(settings=make_broken_ffmpeg(ground.folder) | pauses, stays_until=_IS_OUTLIER)


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


def _little_memory(_ground: Ground, _block: ExitStack) -> Flaw:
    return Flaw(program=Path(with_little_memory.__file__))


def _logging_to(fault: Callable[[], AbstractContextManager[int]]) -> Flawed:
    def flawed(_ground: Ground, block: ExitStack) -> Flaw:
        # Debug fills a stalled pipe soonest.
        return Flaw(settings={"log_level": "debug"}, stderr=block.enter_context(fault()))

    return flawed


FLAWS: Mapping[str, Flawed] = {
    **{name: _logging_to(fault) for name, fault in LOG_FAULTS.items()},
    "node with another store": _other_store,
    "node without an encoder": _no_encoder,
    "node with a broken ffmpeg": _broken_ffmpeg,
    "node without a profile": _no_profile,
    "node with a wrong clock": _clock_off,
    "node with a full disk": _full_disk,
    "node with little memory": _little_memory,
}


def visit(name: str, *, ground: Ground, is_there: Callable[[int], bool]) -> list[str]:
    """Start the one with this flaw, let it stay a while once `is_there` knows its pid or it waits, and drain it.

    One that ends by itself is left to do so. Returns what was wrong about its end.
    """
    with ExitStack() as block:
        flaw = FLAWS[name](ground, block)
        kept = {setting: value for setting, value in ground.settings.items() if setting not in flaw.without}
        log = block.enter_context((ground.folder / "log").open("wb"))
        process = block.enter_context(
            executor_logging_to(
                log if flaw.stderr is None else flaw.stderr,
                settings={**kept, **flaw.settings},
                program=flaw.program,
                environment=flaw.environment,
            )
        )
        if flaw.exit_code == 0:
            # One whose store refuses its clock does not register before that is over, and says that it waits.
            until(lambda: is_there(process.pid) or _WAITS in _logged(ground) or process.poll() is not None)
            until(lambda: flaw.stays_until in _logged(ground) or process.poll() is not None)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=ground.dice.uniform(*STAY))
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)
    return [] if code == flaw.exit_code else [f"a {name} ended with {code}: {shown(_logged(ground)[-1000:])}"]


def _logged(ground: Ground) -> bytes:
    return (ground.folder / "log").read_bytes()
