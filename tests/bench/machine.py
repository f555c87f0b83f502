"""The machine and the programs that a bench ran on: without them its figures say nothing. No names of hosts."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mediaproc.embedded.binaries import find_binaries
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.machine import usable_cpus, usable_memory
from tests.parts.minio import find_minio


def print_machine() -> None:
    """Prints a line for the machine, and one for each program."""
    print(
        f"{usable_cpus()} usable CPUs of {os.cpu_count()} ({_cpu_model()}), {usable_memory() / 1024**3:.0f} GB,"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
    print(_first_line([find_binaries().postgres, "--version"]))
    print(_first_line([find_minio(), "--version"]))
    print(_first_line([find_tools(ffmpeg=None, ffprobe=None).ffmpeg, "-version"]), flush=True)


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _first_line(command: Sequence[str | Path]) -> str:
    """What a program says of its version."""
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said.partition("\n")[0].partition(" Copyright")[0]
