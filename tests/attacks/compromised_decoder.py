"""A compromised decoder in the place of ffmpeg: what it could do in each mode, and whether it outlives its attempt."""

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
class CompromisedAttempt:
    """An attempt in which ffmpeg is compromised: its folder, its source, and the name of the decoder's processes."""

    folder: Path
    source: Path
    name: str
    port: int
    uid: int | None

    def compiled(self, *, executor: int, stubborn: bool = False, forging: bool = False) -> Path:
        """The decoder as a program, with the targets of its attacks compiled in."""
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
def compromised_attempt(tools: Tools, *, mode: Mode, listener: Listener) -> Iterator[CompromisedAttempt]:
    """A folder with a film and a secret, all of the user that the attempt runs as."""
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-owned-"))
    attempt = CompromisedAttempt(
        folder=folder,
        source=folder / "holiday.avi",
        name=f"owned-{listener.port}",
        port=listener.port,
        uid=mode.uid,
    )
    try:
        attack_folder = AttackFolder(path=folder, port=listener.port, ffmpeg=tools.ffmpeg)
        attack_folder.prepare()
        attack_folder.clip()
        if mode.uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, mode.uid, mode.uid)
        yield attempt
    finally:
        shutil.rmtree(folder)


def what_it_could_do(tools: Tools, *, mode: Mode, filters_calls: bool = True) -> frozenset[str]:
    """Everything that the decoder could do in this mode; processes that it leaves are ended here."""
    with (
        listening() as listener,
        _local_service(listener.port),
        compromised_attempt(tools, mode=mode, listener=listener) as attempt,
    ):
        listener.bind_datagrams()
        log = in_mode(lambda: _transcode(attempt, tools=tools, mode=mode, filters_calls=filters_calls), mode=mode)
        did = {line.removeprefix("did: ") for line in log.splitlines() if line.startswith("did: ")}
        if listener.was_connected():
            did.add("connect to a host")
        if listener.received_datagram():
            did.add("send a datagram")
        survivors = processes_named(attempt.name)
        end(survivors)
        return frozenset(did | ({OUTLIVES} if survivors else set()))


def what_it_could_do_unconfined(tools: Tools, *, mode: Mode) -> frozenset[str]:
    """What the decoder reports as a plain child of a process that hides nothing from it, as this mode's user."""
    with listening() as listener, compromised_attempt(tools, mode=mode, listener=listener) as attempt:
        log = in_fork(lambda: _run_unconfined(attempt), uid=mode.uid)
        end(processes_named(attempt.name))
        return frozenset(line.removeprefix("did: ") for line in log.splitlines() if line.startswith("did: "))


def error_of_a_forged_complaint(tools: Tools, *, mode: Mode) -> MediaprocError:
    """The error for a decoder that forges the message of a bubblewrap that cannot run."""
    with listening() as listener, compromised_attempt(tools, mode=mode, listener=listener) as attempt:
        decoder = attempt.compiled(executor=os.getpid(), forging=True)
        try:
            _run(decoder, attempt, tools=tools, mode=mode)
        except MediaprocError as error:
            return error
    raise AssertionError("a decoder that makes nothing must not succeed")


def _transcode(attempt: CompromisedAttempt, *, tools: Tools, mode: Mode, filters_calls: bool) -> str:
    os.environ["MEDIAPROC_TEST_PASSWORD"] = "PASSWORD"
    decoder = attempt.compiled(executor=os.getpid())
    with _process_beside(attempt):
        try:
            return _run(decoder, attempt, tools=tools, mode=mode, filters_calls=filters_calls)
        except MediaprocError as error:
            return str(getattr(error, "log_tail", ""))


def _run_unconfined(attempt: CompromisedAttempt) -> str:
    """The decoder's log, run with this process's environment and an inherited descriptor 3, as careless parents do."""
    os.environ["MEDIAPROC_TEST_PASSWORD"] = "PASSWORD"
    # An earlier test may have hidden the parent process from others of its user; a fork inherits that.
    show_to_same_user()
    decoder = attempt.compiled(executor=os.getpid())
    command = ["/bin/sh", "-c", 'exec 3<"$0" && exec "$@"']
    files = (attempt.source, decoder, attempt.folder / "output.mp4")
    ended = subprocess.run(
        [*command, *map(str, files)], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    return ended.stderr


def _run(decoder: Path, attempt: CompromisedAttempt, *, tools: Tools, mode: Mode, filters_calls: bool = True) -> str:
    """The decoder's log."""
    limits = Limits(max_output_bytes=MEGABYTE)
    sandbox = find_sandbox(mode.sandbox, tool=tools.ffprobe)
    sandbox = replace(sandbox, filters_calls=sandbox.filters_calls and filters_calls)
    stop = threading.Event()
    # The probe asks ffmpeg for its codecs before ffmpeg reads any file; no upload can have compromised it by then.
    probe = FfmpegRunner(tools, sandbox=sandbox, limits=limits).probe(attempt.source, stop=stop)
    plan = make_plan(probe, profile=profile_named("mp4"), threads=1, limits=limits)
    return (
        FfmpegRunner(replace(tools, ffmpeg=decoder), sandbox=sandbox, limits=limits)
        .transcode(
            plan,
            variant=plan.variants[0],
            source=attempt.source,
            output=attempt.folder / "output.mp4",
            on_progress=lambda _: None,
            stop=stop,
        )
        .log_tail
    )


@contextmanager
def _process_beside(attempt: CompromisedAttempt) -> Iterator[None]:
    """A process of the same user with a secret in its environment, such as a container's health check."""
    with subprocess.Popen(["/bin/sleep", "300"], env={"BESIDE": attempt.name}) as beside:
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
    """The ids of the living processes of this name."""
    return [pid for pid, called, _ in living() if called == name]


def end(pids: list[int]) -> None:
    """Ends the processes that an attack left behind."""
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
