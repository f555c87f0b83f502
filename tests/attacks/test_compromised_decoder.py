"""A compromised decoder finds nothing, reaches nothing and ends with its attempt; where bubblewrap cannot run, limits
still withhold most of that."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Unavailable
from mediaproc.ffmpeg import failure
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack_run import Mode, modes_here
from tests.attacks.compromised_decoder import (
    OUTLIVES,
    compromised_attempt,
    end,
    error_of_a_forged_complaint,
    processes_named,
    what_it_could_do,
    what_it_could_do_unconfined,
)
from tests.attacks.observers import listening
from tests.ffmpeg.processes import all_end

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="the compromised decoder is compiled with gcc")

# The limit of processes does not bind root; root's processes end with their attempt all the same.
BUBBLEWRAP_LEAVES = {"root, bubblewrap": {"start 500 processes"}}

# Acts that only the filter of system calls prevents.
FILTER_WITHHOLDS = {
    "hide bytes in a memfd",
    "take 1.7 GB of shared memory",
    "reach the kernel's keyring",
    "reach userfaultfd",
    "reach bpf",
    "reach perf",
}
# Acts that some kernels refuse every process.
MAY_BE_OFF = {"reach io_uring"}
# Acts that bubblewrap prevents too, but without bubblewrap only the filter.
FILTER_WITHHOLDS_FROM_THE_BARE = FILTER_WITHHOLDS | {
    "connect to a host",
    "send a datagram",
    "connect to a local service",
    "make a namespace of its own",
}

TRACE = "trace the executor"

# Acts that limits alone prevent, for root and for an ordinary user.
LIMITS_WITHHOLD = {
    "find a password in its environment",
    "find an open file",
    "read the executor's environment",
    TRACE,
    "take 1.6 GB of memory",
    "write 64 MB",
}

# The kernel's own rule about who may trace whom.
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")

ISOLATING = [mode for mode in modes_here() if mode.sandbox == "require"]
BARE = [mode for mode in modes_here() if mode.sandbox != "require"]
OUTSIDE = [mode for mode in modes_here() if mode.container is None]

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@needs_bubblewrap
@pytest.mark.parametrize("mode", ISOLATING, ids=lambda mode: mode.name)
def test_in_bubblewrap_a_compromised_decoder_can_do_nothing(mode: Mode, tools: Tools) -> None:
    assert what_it_could_do(tools, mode=mode) == BUBBLEWRAP_LEAVES.get(mode.name, set())


@needs_bubblewrap
@pytest.mark.parametrize("mode", [mode for mode in ISOLATING if mode in OUTSIDE], ids=lambda mode: mode.name)
def test_without_the_filter_memory_is_uncounted_and_more_of_the_kernel_is_reached(mode: Mode, tools: Tools) -> None:
    did = what_it_could_do(tools, mode=mode, filters_calls=False) - MAY_BE_OFF
    assert did == BUBBLEWRAP_LEAVES.get(mode.name, set()) | FILTER_WITHHOLDS


@pytest.mark.parametrize("mode", BARE, ids=lambda mode: mode.name)
def test_with_limits_only_a_compromised_decoder_finds_no_credential_no_network_and_no_room(
    mode: Mode, tools: Tools
) -> None:
    did = what_it_could_do(tools, mode=mode)
    assert not did & (LIMITS_WITHHOLD | FILTER_WITHHOLDS_FROM_THE_BARE | MAY_BE_OFF)
    assert {"read another's file", OUTLIVES} <= did, "bubblewrap proves nothing if these fail"


@pytest.mark.parametrize("mode", [mode for mode in BARE if mode in OUTSIDE], ids=lambda mode: mode.name)
def test_with_limits_only_and_no_filter_the_network_and_more_of_the_kernel_are_reached(
    mode: Mode, tools: Tools
) -> None:
    assert what_it_could_do(tools, mode=mode, filters_calls=False) >= FILTER_WITHHOLDS_FROM_THE_BARE


@pytest.mark.parametrize("mode", [mode for mode in BARE if mode in OUTSIDE], ids=lambda mode: mode.name)
def test_what_limits_withhold_a_compromised_decoder_can_do_without_them(mode: Mode, tools: Tools) -> None:
    did = what_it_could_do_unconfined(tools, mode=mode)
    assert did >= LIMITS_WITHHOLD - {TRACE}
    if TRACE not in did and YAMA.is_file() and int(YAMA.read_text()) > 0:
        pytest.skip("this kernel's Yama lets no child trace its parent, whatever that hides: all else is shown")
    assert TRACE in did


FORGED = [mode for mode in OUTSIDE if mode.uid is None]


@needs_bubblewrap
@pytest.mark.parametrize("mode", FORGED, ids=lambda mode: mode.name)
def test_a_forged_complaint_of_the_sandbox_is_a_strike(mode: Mode, tools: Tools) -> None:
    """If the forged message were believed, the task would be released for ever, and the node would pause all claims."""
    error = error_of_a_forged_complaint(tools, mode=mode)
    assert isinstance(error, AttemptFailed)
    assert error.error_class is ErrorClass.TRANSCODE_FAILED


@needs_bubblewrap
@pytest.mark.parametrize("mode", FORGED, ids=lambda mode: mode.name)
def test_without_a_second_trial_the_forged_complaint_is_believed(
    mode: Mode, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failure, "trial", lambda *_, **__: "it cannot run")
    error = error_of_a_forged_complaint(tools, mode=mode)
    assert isinstance(error, Unavailable)
    assert error.error_class is ErrorClass.SANDBOX_UNAVAILABLE


EXECUTOR = """
import sys, threading
from dataclasses import replace
from pathlib import Path
from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.tools import find_tools

decoder, source, setting = sys.argv[1:]
tools = find_tools(ffmpeg=None, ffprobe=None)
sandbox = find_sandbox(setting, tool=tools.ffprobe)
stop = threading.Event()
probe = FfmpegRunner(tools, sandbox=sandbox).probe(Path(source), stop=stop)
plan = make_plan(probe, profile=profile_named("mp4"), threads=1)
runner = FfmpegRunner(replace(tools, ffmpeg=Path(decoder)), sandbox=sandbox)
runner.transcode(plan, variant=plan.variants[0], source=Path(source), output=Path(source).with_name("output.mp4"),
                 stop=stop, on_progress=lambda _: print("running", flush=True))
"""


@needs_bubblewrap
@pytest.mark.parametrize("setting", ["require", "off"])
def test_a_decoder_that_refuses_to_die_ends_with_a_killed_executor(setting: str, tools: Tools) -> None:
    """The decoder has left its session, ignores SIGTERM, and has cancelled its parent-death signal."""
    with listening() as listener, compromised_attempt(tools, mode=ISOLATING[0], listener=listener) as attempt:
        decoder = attempt.compiled(executor=os.getpid(), stubborn=True)
        command = [sys.executable, "-c", EXECUTOR, str(decoder), str(attempt.source), setting]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as executor:
            assert executor.stdout is not None
            assert executor.stdout.readline() == b"running\n"
            stubborn = processes_named(attempt.name)
            assert len(stubborn) == 1
            executor.send_signal(signal.SIGKILL)
            executor.wait()
            try:
                assert all_end(stubborn, within=10 if setting == "require" else 1) is (setting == "require")
            finally:
                end(stubborn)
