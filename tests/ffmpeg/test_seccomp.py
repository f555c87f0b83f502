"""Children are refused the system calls that ffmpeg never needs, above all those that give uncounted memory."""

import errno
import os
import platform
import re
import shutil
import struct
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.doctor.findings import State
from mediaproc.doctor.programs import examine_ffmpeg
from mediaproc.ffmpeg import seccomp
from mediaproc.ffmpeg.bpf import ALLOW, ERROR, KILL, MACHINES
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.system_calls import CLONE, CLONE3, REFUSED, child_filter
from mediaproc.ffmpeg.tools import Tools
from mediaproc.ffmpeg.watchdog import WatchdogLimits
from tests.ffmpeg.processes import descendants

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# CLONE_VM and the other flags with which the C library begins a thread.
OF_A_THREAD = 0x3D0F00
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
# A call that every program needs.
WRITE = {"x86_64": 1, "aarch64": 64}

# A program that holds 1.7 GB in a memory file, though its address space is far smaller, and prints that.
HOARDER = """
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
static char block[1 << 20];
int main(void) {
    memset(block, 1, sizeof block);
    int file = memfd_create("hoard", 0);
    for (int megabyte = 0; megabyte < 1700; megabyte++)
        if (write(file, block, sizeof block) != sizeof block) { perror("memfd"); return 1; }
    struct stat facts;
    fstat(file, &facts);
    printf("%lld MB\\n", (long long)facts.st_blocks * 512 >> 20);
    return 0;
}
"""


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_has_the_number_that_the_kernels_header_gives_it(machine: str) -> None:
    header = HEADERS[machine]
    if not header.is_file():
        pytest.skip(f"{header} is not installed")
    known = {
        name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\n", header.read_text())
    }
    place = list(MACHINES).index(machine)
    ours = {name: numbers[place] for name, numbers in REFUSED.items() if numbers[place] is not None}
    ours |= {"clone": CLONE[place], "clone3": CLONE3[place]}
    # Calls that are newer than this header have one number on every machine.
    newer = {name for name, number in ours.items() if number is not None and number > max(known.values())}
    assert {name: known[name] for name in ours.keys() - newer} == {name: ours[name] for name in ours.keys() - newer}
    assert all(len(set(REFUSED[name])) == 1 for name in newer)
    assert known.keys() & REFUSED.keys() <= ours.keys()


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_what_is_listed_and_nothing_else(machine: str) -> None:
    place = list(MACHINES).index(machine)
    refused = {number for numbers in REFUSED.values() if (number := numbers[place]) is not None}
    for number in range(500):
        if number in refused:
            assert _answer(machine, number=number) == ERROR | errno.EPERM
        elif number == CLONE3[place]:
            assert _answer(machine, number=number) == ERROR | errno.ENOSYS
        else:
            assert _answer(machine, number=number) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_and_processes_begin_and_namespaces_do_not(machine: str) -> None:
    clone = CLONE[list(MACHINES).index(machine)]
    assert _answer(machine, number=clone, argument=OF_A_THREAD) == ALLOW
    for namespace in (NEW_USER, NEW_NETWORK):
        assert _answer(machine, number=clone, argument=OF_A_THREAD | namespace) == ERROR | errno.EPERM


def test_programs_of_another_machine_are_killed() -> None:
    assert _answer("x86_64", number=WRITE["aarch64"], called_as="aarch64") == KILL
    assert _answer("aarch64", number=WRITE["x86_64"], called_as="x86_64") == KILL
    assert _answer("x86_64", number=0x40000000 | WRITE["x86_64"]) == KILL  # x32


def test_memory_in_a_file_is_refused_and_is_had_without_the_filter(tools: Tools, open_folder: Path) -> None:
    sandbox = find_sandbox("require", tool=tools.ffprobe)
    hoarder = _compiled(open_folder)
    assert _told(replace(sandbox, filters_calls=False), tool=hoarder) == (0, b"1700 MB\n")
    assert _told(sandbox, tool=hoarder) == (1, b"")


def test_every_child_has_its_filter(sandbox: Sandbox) -> None:
    """In bubblewrap a file that an earlier child had read to its end would give no filter at all."""
    assert [_filters_of_a_child(sandbox) for _ in range(2)] == [1, 1]
    assert _filters_of_a_child(replace(sandbox, filters_calls=False)) == 0


def test_whoever_starts_a_child_is_not_filtered_itself(tools: Tools) -> None:
    before, threads = Path("/proc/thread-self/status").read_text(), threading.active_count()
    assert _filters_of_a_child(find_sandbox("off", tool=tools.ffprobe)) == 1
    assert _count(Path("/proc/thread-self/status").read_text()) == _count(before)
    assert threading.active_count() == threads


def test_a_program_that_is_not_there_is_told_of_by_its_name(tools: Tools, tmp_path: Path) -> None:
    sandbox = find_sandbox("off", tool=tools.ffprobe)
    without = replace(sandbox, programs=replace(sandbox.programs, sh=tmp_path / "sh"))
    with pytest.raises(PartMissing, match=f"^{tmp_path}/sh cannot be run: No such file or directory"):
        _told(without, tool=tools.ffprobe)


def test_where_the_kernel_takes_no_filter_limits_go_without_it(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "child_filter", lambda _: b"no filter")
    sandbox = find_sandbox("off", tool=tools.ffprobe)
    assert (sandbox.isolates, sandbox.filters_calls) == (False, False)
    _is_worth_a_look(sandbox, tools=tools, because="the kernel takes no filter of system calls")
    assert _told(sandbox, tool=Path("/usr/bin/true")) == (0, b"")


def test_a_filter_that_is_refused_is_found_out_at_start(
    tools: Tools, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picky = open_folder / "bwrap"
    picky.write_text(
        f'#!/bin/sh\ncase " $* " in *" --seccomp "*) echo "bwrap: no seccomp in this kernel" >&2; exit 1;; esac\n'
        f'exec {shutil.which("bwrap")} "$@"\n'
    )
    picky.chmod(0o755)
    monkeypatch.setenv("PATH", f"{open_folder}:/usr/bin:/bin")
    sandbox = find_sandbox("require", tool=tools.ffprobe)
    assert (sandbox.isolates, sandbox.filters_calls) == (True, False)
    _is_worth_a_look(sandbox, tools=tools, because="no seccomp in this kernel")


def test_on_a_machine_for_which_there_is_no_filter_it_is_said(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    sandbox = find_sandbox("require", tool=tools.ffprobe)
    assert (sandbox.isolates, sandbox.filters_calls) == (True, False)
    _is_worth_a_look(sandbox, tools=tools, because="there is none for riscv64")


def _is_worth_a_look(sandbox: Sandbox, *, tools: Tools, because: str) -> None:
    (finding,) = (each for each in examine_ffmpeg(FfmpegRunner(tools, sandbox=sandbox)) if each.part == "sandbox")
    assert finding.state is State.WARNING
    assert "without a filter of system calls" in finding.fact
    assert because in finding.fact


def _answer(machine: str, *, number: int, argument: int = 0, called_as: str | None = None) -> int:
    """What the kernel would do with a call that has this first argument."""
    instructions = child_filter(machine)
    assert instructions is not None
    facts = struct.pack("=IIQ6Q", number, MACHINES[called_as or machine], 0, argument, *[0] * 5)
    steps = list(struct.iter_unpack("=HBBI", instructions))
    place, held = 0, 0
    while True:
        code, then, otherwise, value = steps[place]
        place += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("=I", facts, value)
            case 0x54:
                held &= value
            case 0x15:
                place += then if held == value else otherwise
            case 0x35:
                place += then if held >= value else otherwise
            case 0x06:
                return int(value)


def _compiled(folder: Path) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("the program is compiled with gcc")
    (folder / "hoarder.c").write_text(HOARDER)
    command = ["gcc", "-O1", "-o", str(folder / "hoarder"), str(folder / "hoarder.c")]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return folder / "hoarder"


def _told(sandbox: Sandbox, *, tool: Path) -> tuple[int, bytes]:
    """How the tool ended with an address space of 256 MB, and its output."""
    said = bytearray()
    rlimits = Rlimits(memory=256 * 1024**2, data=256 * 1024**2, cpu=60, file_size=4 * 1024**3)
    command = sandbox.for_child().command(tool, arguments=(), rlimits=rlimits)
    ended = run(command, limits=WatchdogLimits(wall=120), stop=threading.Event(), on_output=said.extend)
    return ended.code, bytes(said)


def _filters_of_a_child(sandbox: Sandbox) -> int:
    found: list[int] = []
    stop = threading.Event()
    # `tail -f` prints a line when it runs, and goes on running.
    command = sandbox.for_child().command(
        Path("/usr/bin/tail").resolve(),
        arguments=("-c", "1", "-f", "/etc/ld.so.cache"),
        rlimits=Rlimits(memory=512 * 1024**2, data=512 * 1024**2, cpu=60),
    )

    def on_output(_: bytes) -> None:
        own = Path("/proc/self/status").read_text()
        for pid, name in descendants(os.getpid()).items():
            if name == "tail":
                found.append(_count(Path(f"/proc/{pid}/status").read_text()) - _count(own))
        stop.set()

    run(command, limits=WatchdogLimits(wall=60), stop=stop, on_output=on_output)
    (filters,) = found
    return filters


def _count(status: str) -> int:
    (line,) = (line for line in status.splitlines() if line.startswith("Seccomp_filters:"))
    return int(line.split()[1])
