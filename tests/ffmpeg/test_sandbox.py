"""ffmpeg dies with its executor and sees only its own files, whichever user starts it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox, trial
from mediaproc.ffmpeg.seccomp import started_with_filter
from mediaproc.ffmpeg.tools import Tools
from mediaproc.ffmpeg.watchdog import WatchdogLimits
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.processes import all_end, descendants, niceness_in_session_of, pid_named

ROOMY = Rlimits(memory=2 * 1024**3, data=2 * 1024**3, cpu=60, file_size=1024**3)

EXECUTOR = """
import sys, threading
from pathlib import Path
from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import find_tools

setting, source, output = sys.argv[1:]
tools = find_tools(ffmpeg=None, ffprobe=None)
runner = FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe))
stop = threading.Event()
probe = runner.probe(Path(source), stop=stop)
plan = make_plan(probe, profile=profile_named("mp4-quality"), threads=1)
transcode = threading.Thread(target=lambda: runner.transcode(
    plan, variant=plan.variants[0], source=Path(source), output=Path(output), stop=stop,
    on_progress=lambda _: print("running", flush=True)))
transcode.start()
transcode.join()
"""


NICENESS_OF_ANOTHER = """
import sys, threading
from dataclasses import replace
from pathlib import Path
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.sandbox import Rlimits
from mediaproc.ffmpeg.watchdog import WatchdogLimits

confined = replace(find_sandbox(sys.argv[1], tool=Path("/usr/bin/true")).for_child(), user=(1000, 1000))
rlimits = Rlimits(memory=512 * 1024**2, data=512 * 1024**2, cpu=60)
command = confined.command(Path("/usr/bin/nice"), arguments=(), rlimits=rlimits)
run(command, limits=WatchdogLimits(wall=60), stop=threading.Event(), on_output=lambda told: print(told.decode()))
"""

LITTLE_CPU = """
import resource
from pathlib import Path
from mediaproc.core.errors import PartMissing
from mediaproc.ffmpeg.sandbox_detection import find_sandbox

resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
try:
    find_sandbox("require", tool=Path("/usr/bin/true"))
except PartMissing as error:
    print(error)
"""


@pytest.mark.parametrize("setting", ["require", "off"])
def test_ffmpeg_dies_with_an_executor_that_is_killed(setting: str, make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip(seconds=60, size="640x480")
    command = [sys.executable, "-c", EXECUTOR, setting, str(source), str(tmp_path / "output.mp4")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as executor:
        assert executor.stdout is not None
        assert executor.stdout.readline() == b"running\n"
        children = descendants(executor.pid)
        assert "ffmpeg" in children.values()
        executor.send_signal(signal.SIGKILL)
        assert all_end(children, within=10)


def test_a_child_whose_executor_died_before_it_began_does_not_begin(sandbox: Sandbox, tools: Tools) -> None:
    command = sandbox.for_child().command(tools.ffprobe, arguments=("-version",), rlimits=ROOMY)
    alive = _answered(command, b"\n")
    orphaned = _answered(command, b"")
    assert (alive.returncode, b"ffprobe version" in alive.stdout) == (0, True)
    assert (orphaned.returncode, orphaned.stdout) == (1, b"\n")


def test_a_child_is_held_to_its_limits(sandbox: Sandbox) -> None:
    limits = _limits_inside(sandbox, rlimits=Rlimits(memory=300_000_000, data=200_000_000, cpu=7, file_size=1_000_000))
    assert limits["Max address space"] == [str(300_000_000 // 1024 * 1024)] * 2
    assert limits["Max data size"] == [str(200_000_000 // 1024 * 1024)] * 2
    assert limits["Max cpu time"] == ["7", "12"]
    assert limits["Max file size"] == [str(1_000_000 // 512 * 512)] * 2
    assert limits["Max open files"] == ["64", "64"]
    assert limits["Max core file size"] == ["0", "0"]


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
@pytest.mark.parametrize("setting", ["require", "off"])
def test_the_limits_are_the_same_in_every_shell(
    setting: SandboxSetting, shell: str, tools: Tools, monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    shells = open_folder / "bin"
    shells.mkdir()
    (shells / "sh").symlink_to(str(shutil.which(shell)))
    rlimits = Rlimits(memory=300_000_000, data=200_000_000, cpu=7, file_size=1_000_000, processes=5)
    usual = _limits_inside(find_sandbox(setting, tool=tools.ffprobe), rlimits=rlimits)
    monkeypatch.setenv("PATH", f"{shells}:{os.environ['PATH']}")
    sandbox = find_sandbox(setting, tool=tools.ffprobe)
    assert sandbox.programs.sh == shells / "sh"
    assert _limits_inside(sandbox, rlimits=rlimits) == usual


def test_a_child_yields_to_everything_else_and_so_does_what_it_starts(sandbox: Sandbox) -> None:
    niceness = _priorities_inside(sandbox)
    assert len(niceness) >= 1
    assert set(niceness.values()) == {min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)}


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_a_child_of_another_user_yields_too_where_root_may_not_slow_down_others(sandbox: Sandbox) -> None:
    """A container's root has no CAP_SYS_NICE."""
    setting = "require" if sandbox.isolates else "off"
    command = [sys.executable, "-c", NICENESS_OF_ANOTHER, setting]
    limited = ["/usr/bin/setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice", "--", *command]
    told = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=True)
    assert int(told.stdout) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)


def test_a_limit_that_the_executor_itself_exceeds_is_named() -> None:
    told = subprocess.run([sys.executable, "-c", LITTLE_CPU], capture_output=True, text=True, timeout=60, check=True)
    assert "sandbox: the executor's own limit of CPU time is lower than its children need" in told.stdout


def test_processes_are_counted_only_where_the_count_is_the_childs_own(tools: Tools) -> None:
    few = Rlimits(memory=ROOMY.memory, data=ROOMY.data, cpu=60, processes=5)
    isolated = _limits_inside(find_sandbox("require", tool=tools.ffprobe), rlimits=few)
    bare = _limits_inside(find_sandbox("off", tool=tools.ffprobe), rlimits=few)
    assert isolated["Max processes"] == ["5", "5"]
    assert bare["Max processes"] != ["5", "5"]


def test_the_children_of_a_thread_end_before_the_thread(
    runner: FfmpegRunner, make_clip: MakeClip, stop: threading.Event
) -> None:
    source = make_clip()
    probes: list[object] = []
    thread = threading.Thread(target=lambda: probes.append(runner.probe(source, stop=stop)))
    thread.start()
    thread.join()
    assert len(probes) == 1


def test_a_setting_makes_bubblewrap_a_condition(tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for program in ("setpriv", "nice", "sh"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartMissing, match="bubblewrap is not installed"):
        find_sandbox("require", tool=tools.ffprobe)
    fallen_back = find_sandbox("auto", tool=tools.ffprobe)
    assert not fallen_back.isolates
    assert "bubblewrap is not installed" in FfmpegRunner(tools, sandbox=fallen_back).describe().sentence


def test_a_bubblewrap_that_cannot_run_is_found_out(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(PartMissing, match="No permissions to create new namespace"):
        find_sandbox("require", tool=tools.ffprobe)
    assert not find_sandbox("auto", tool=tools.ffprobe).isolates


def test_a_sandbox_that_breaks_later_is_not_the_tasks_fault(
    tools: Tools, make_clip: MakeClip, tmp_path: Path, stop: threading.Event
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: Creating new namespace failed: No space left on device' >&2\nexit 1\n")
    broken.chmod(0o755)
    whole = find_sandbox("require", tool=tools.ffprobe)
    sandbox = replace(whole, programs=replace(whole.programs, bwrap=broken))
    with pytest.raises(Unavailable, match="Creating new namespace failed") as caught:
        FfmpegRunner(tools, sandbox=sandbox).probe(make_clip(), stop=stop)
    assert caught.value.error_class is ErrorClass.SANDBOX_UNAVAILABLE


def test_a_tool_that_does_not_run_is_told_of(sandbox: Sandbox) -> None:
    assert trial(sandbox, tool=Path("/usr/bin/false")) == "it ended with 1"


def _answered(command: Sequence[str], answer: bytes) -> subprocess.CompletedProcess[bytes]:
    """Runs the child with this answer to its handshake; a child whose executor is dead gets none."""

    def start(words: list[str], files: tuple[int, ...]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(words, input=answer, capture_output=True, timeout=60, check=False, pass_fds=files)

    with started_with_filter(command, start) as ended:
        return ended


def _priorities_inside(sandbox: Sandbox) -> dict[int, int]:
    """The niceness of every process of a child that is running."""
    found: dict[int, int] = {}
    stop = threading.Event()
    command = sandbox.for_child().command(
        Path("/usr/bin/tail").resolve(), arguments=("-c", "1", "-f", "/lib64/ld-linux-x86-64.so.2"), rlimits=ROOMY
    )

    def on_output(_: bytes) -> None:
        # Its session and no other descendant: a server of other tests may begin and end a process at any moment.
        found.update(niceness_in_session_of(pid_named("tail", below=os.getpid())))
        stop.set()

    run(command, limits=WatchdogLimits(wall=60), stop=stop, on_output=on_output)
    return found


def _limits_inside(sandbox: Sandbox, *, rlimits: Rlimits) -> dict[str, list[str]]:
    """What /proc says of the limits of a program in the sandbox: `sleep`, stopped once they were read."""
    found: dict[str, list[str]] = {}
    stop = threading.Event()
    # `tail -f` prints a line when it runs, and goes on running.
    command = sandbox.for_child().command(
        Path("/usr/bin/tail").resolve(), arguments=("-c", "1", "-f", "/lib64/ld-linux-x86-64.so.2"), rlimits=rlimits
    )

    def on_output(_: bytes) -> None:
        (pid,) = (pid for pid, name in descendants(os.getpid()).items() if name == "tail")
        for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
            found[line[:26].strip()] = line[26:].split()[:2]
        stop.set()

    run(command, limits=WatchdogLimits(wall=60), stop=stop, on_output=on_output)
    return found
