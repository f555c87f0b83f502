"""The owned decoder in the place of ffmpeg: what it could do in each mode, and whether it ended with its attempt."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.core.errors import MediaprocError
from mediaproc.core.limits import Limits
from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import MEGABYTE
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.attack_run import Mode, in_mode
from tests.attacks.observers import Listener, listening
from tests.ffmpeg.ordinary_user import in_fork, show_to_same_user
from tests.ffmpeg.processes import living

SOURCE = Path(__file__).with_name("compromised_decoder.c")
OUTLIVES = "outlive its attempt"


@dataclass(frozen=True, kw_only=True)
class Owned:
    """An attempt of which ffmpeg is owned: its folder, the film, and how the decoder's processes are called."""

    folder: Path
    source: Path
    name: str
    port: int
    uid: int | None

    def compiled(self, *, executor: int, stubborn: bool = False, forging: bool = False) -> Path:
        """The decoder, knowing whom to attack."""
        program = self.folder / "ffmpeg"
        meanings = {
            "SECRET": f'"{self.folder}/secret.txt"',
            "FOLDER": f'"{self.folder}"',
            "PORT": str(self.port),
            "EXECUTOR": str(executor),
            "NAME": f'"{self.name}"',
            "STUBBORN": str(int(stubborn)),
            "FORGING": str(int(forging)),
        }
        command = [
            "gcc",
            "-O1",
            "-o",
            str(program),
            str(SOURCE),
            *(f"-D{key}={text}" for key, text in meanings.items()),
        ]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return program


@contextmanager
def owned_attempt(tools: Tools, *, mode: Mode, listener: Listener) -> Iterator[Owned]:
    """A folder with a film and a secret, all of the user that the attempt runs as."""
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-owned-"))
    owned = Owned(
        folder=folder,
        source=folder / "holiday.avi",
        name=f"owned-{listener.port}",
        port=listener.port,
        uid=mode.uid,
    )
    try:
        yard = AttackFolder(folder=folder, port=listener.port, ffmpeg=tools.ffmpeg)
        yard.prepare()
        yard.clip()
        if mode.uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, mode.uid, mode.uid)
        yield owned
    finally:
        shutil.rmtree(folder)


def what_it_did(tools: Tools, *, mode: Mode, filters_calls: bool = True) -> frozenset[str]:
    """Everything that the owned decoder could do in this mode; its processes that are left are ended here."""
    with (
        listening() as listener,
        _local_service(listener.port),
        owned_attempt(tools, mode=mode, listener=listener) as owned,
    ):
        listener.take_datagrams()
        log = in_mode(lambda: _transcode(owned, tools=tools, mode=mode, filters_calls=filters_calls), mode=mode)
        did = {line.removeprefix("did: ") for line in log.splitlines() if line.startswith("did: ")}
        if listener.visited():
            did.add("connect to a host")
        if listener.heard():
            did.add("send a datagram")
        survivors = processes_named(owned.name)
        end(survivors)
        return frozenset(did | ({OUTLIVES} if survivors else set()))


def what_it_does_plainly(tools: Tools, *, mode: Mode) -> frozenset[str]:
    """What it says that it could do as a plain child of a process that hides nothing from it, as this mode's user."""
    with listening() as listener, owned_attempt(tools, mode=mode, listener=listener) as owned:
        log = in_fork(lambda: _run_plainly(owned), uid=mode.uid)
        end(processes_named(owned.name))
        return frozenset(line.removeprefix("did: ") for line in log.splitlines() if line.startswith("did: "))


def error_of_a_forged_complaint(tools: Tools, *, mode: Mode) -> MediaprocError:
    """What is raised of a decoder that writes what bubblewrap does when it cannot run."""
    with listening() as listener, owned_attempt(tools, mode=mode, listener=listener) as owned:
        decoder = owned.compiled(executor=os.getpid(), forging=True)
        try:
            _run(decoder, owned, tools=tools, mode=mode)
        except MediaprocError as error:
            return error
    raise AssertionError("a decoder that makes nothing must not succeed")


def _transcode(owned: Owned, *, tools: Tools, mode: Mode, filters_calls: bool) -> str:
    os.environ["MEDIAPROC_TEST_PASSWORD"] = "PASSWORD"
    decoder = owned.compiled(executor=os.getpid())
    with _process_beside(owned):
        try:
            return _run(decoder, owned, tools=tools, mode=mode, filters_calls=filters_calls)
        except MediaprocError as error:
            return str(getattr(error, "log_tail", ""))


def _run_plainly(owned: Owned) -> str:
    """What the decoder wrote, with this environment and with an open file as number 3, as careless parents leave it."""
    os.environ["MEDIAPROC_TEST_PASSWORD"] = "PASSWORD"
    # An earlier test may have hidden the process of which this is a fork.
    show_to_same_user()
    decoder = owned.compiled(executor=os.getpid())
    command = ["/bin/sh", "-c", 'exec 3<"$0" && exec "$@"']
    files = (owned.source, decoder, owned.folder / "output.mp4")
    ended = subprocess.run(
        [*command, *map(str, files)], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    return ended.stderr


def _run(decoder: Path, owned: Owned, *, tools: Tools, mode: Mode, filters_calls: bool = True) -> str:
    """What the decoder wrote to its log."""
    limits = Limits(max_output_bytes=MEGABYTE)
    sandbox = find_sandbox(mode.sandbox, tool=tools.ffprobe)
    sandbox = replace(sandbox, filters_calls=sandbox.filters_calls and filters_calls)
    stop = threading.Event()
    # The probe asks ffmpeg which codecs it has, before it is given any file: what would own it comes later.
    probe = FfmpegRunner(tools, sandbox=sandbox, limits=limits).probe(owned.source, stop=stop)
    plan = make_plan(probe, profile=profile_named("mp4"), threads=1, limits=limits)
    return (
        FfmpegRunner(replace(tools, ffmpeg=decoder), sandbox=sandbox, limits=limits)
        .transcode(
            plan,
            variant=plan.variants[0],
            source=owned.source,
            output=owned.folder / "output.mp4",
            on_progress=lambda _: None,
            stop=stop,
        )
        .log_tail
    )


@contextmanager
def _process_beside(owned: Owned) -> Iterator[None]:
    """A process of the same user with a secret in its environment, such as a container's health check."""
    with subprocess.Popen(["/bin/sleep", "300"], env={"BESIDE": owned.name}) as beside:
        try:
            yield
        finally:
            beside.kill()


@contextmanager
def _local_service(port: int) -> Iterator[None]:
    """An abstract socket, which no file permission guards."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as service:
        service.bind(f"\0mediaproc-attack-{port}")
        service.listen()
        yield


def processes_named(name: str) -> list[int]:
    """The living processes that call themselves so."""
    return [pid for pid, called, _ in living() if called == name]


def end(pids: list[int]) -> None:
    """Ends the processes that an attack left behind."""
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
