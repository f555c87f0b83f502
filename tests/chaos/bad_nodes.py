"""Further nodes, each with one flaw, that run beside the fleet for a while: no other executor may suffer from them."""

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
from tests.parts.faulty_ffmpeg import make_broken_ffmpeg, make_ffmpeg_without_encoder
from tests.parts.log_faults import LOG_FAULTS
from tests.parts.minio import MinioServer
from tests.parts.small_disk import small_disk
from tests.parts.waiting import until
from tests.parts.wallclock import WallClock

# Seconds that such a node stays: several ticks, and longer than an encode of most clips.
STAY = (1.5, 4.0)
# Bytes: the size of a disk on which an executor would start, and the free space, which is below the executor's floor.
_SMALL_DISK, _LEFT = 512 << 20, 32 << 20
_HOUR = 3600
# What an executor logs while it cannot register yet, and when it has detected that it fails what its peers complete.
_WAITS, _IS_OUTLIER = b'"event": "waiting"', b'"part": "node"'


@dataclass(frozen=True)
class NodeSetup:
    """What a bad node is made from: a good node's settings, the store, a folder of its own, random numbers."""

    settings: Mapping[str, str]
    minio: MinioServer
    folder: Path
    random: Random


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """How a bad node differs from a good one.

    `without` are settings that it does not get. `stderr` is the descriptor that it logs to; None means a file of its
    own. `program` is a script that runs instead of the module.

    The node stays until it has logged `stays_until`, and some time more. An `exit_code` of 0 means that it ends when
    it is drained; with any other code it ends by itself.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stderr: int | None = None
    program: Path | None = None
    stays_until: bytes = b""
    exit_code: int = 0


MakeFlaw = Callable[[NodeSetup, ExitStack], Flaw]


def _other_store(setup: NodeSetup, _block: ExitStack) -> Flaw:
    return Flaw(settings={"store_url": setup.minio.url(setup.minio.make_bucket())})


def _no_encoder(setup: NodeSetup, _block: ExitStack) -> Flaw:
    return Flaw(settings={"ffmpeg": str(make_ffmpeg_without_encoder(setup.folder))}, exit_code=3)


def _broken_ffmpeg(setup: NodeSetup, _block: ExitStack) -> Flaw:
    # The node pauses for longer than its drain takes: otherwise its trials would use up a task's attempts.
    pauses = {"backoff": "2", "backoff_cap": "20"}
    return Flaw(settings=make_broken_ffmpeg(setup.folder) | pauses, stays_until=_IS_OUTLIER)


def _no_profile(_setup: NodeSetup, _block: ExitStack) -> Flaw:
    return Flaw(without=("profiles",))


def _clock_off(setup: NodeSetup, _block: ExitStack) -> Flaw:
    wall_clock = WallClock(setup.folder)
    wall_clock.step(setup.random.choice([-_HOUR, _HOUR]))
    return Flaw(environment=wall_clock.environment)


def _full_disk(setup: NodeSetup, block: ExitStack) -> Flaw:
    disk = block.enter_context(small_disk(setup.folder / "disk", size=_SMALL_DISK, lazy=True))
    with (disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, _SMALL_DISK - _LEFT)
    return Flaw(settings={"scratch": str(disk)})


def _little_memory(_setup: NodeSetup, _block: ExitStack) -> Flaw:
    return Flaw(program=Path(with_little_memory.__file__))


def _logging_to(fault: Callable[[], AbstractContextManager[int]]) -> MakeFlaw:
    def make_flaw(_setup: NodeSetup, block: ExitStack) -> Flaw:
        # The level debug fills a stalled pipe soonest.
        return Flaw(settings={"log_level": "debug"}, stderr=block.enter_context(fault()))

    return make_flaw


FLAWS: Mapping[str, MakeFlaw] = {
    **{name: _logging_to(fault) for name, fault in LOG_FAULTS.items()},
    "node with another store": _other_store,
    "node without an encoder": _no_encoder,
    "node with a broken ffmpeg": _broken_ffmpeg,
    "node without a profile": _no_profile,
    "node with a wrong clock": _clock_off,
    "node with a full disk": _full_disk,
    "node with little memory": _little_memory,
}


def run_bad_node(name: str, *, setup: NodeSetup, is_registered: Callable[[int], bool]) -> list[str]:
    """Start the node with this flaw, let it stay once its pid is registered or it waits at its start, and drain it.

    A node that is to end by itself is not drained. Returns complaints about its end.
    """
    with ExitStack() as block:
        flaw = FLAWS[name](setup, block)
        kept = {setting: value for setting, value in setup.settings.items() if setting not in flaw.without}
        log = block.enter_context((setup.folder / "log").open("wb"))
        process = block.enter_context(
            executor_logging_to(
                log if flaw.stderr is None else flaw.stderr,
                settings={**kept, **flaw.settings},
                program=flaw.program,
                environment=flaw.environment,
            )
        )
        if flaw.exit_code == 0:
            # An executor whose store refuses its clock cannot register, and logs that it waits.
            until(lambda: is_registered(process.pid) or _WAITS in _logged(setup) or process.poll() is not None)
            until(lambda: flaw.stays_until in _logged(setup) or process.poll() is not None)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=setup.random.uniform(*STAY))
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)
    return [] if code == flaw.exit_code else [f"a {name} ended with {code}: {shown(_logged(setup)[-1000:])}"]


def _logged(setup: NodeSetup) -> bytes:
    return (setup.folder / "log").read_bytes()
