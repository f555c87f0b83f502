"""Small disks of a test's own: tmpfs, which is full as soon as its size says so."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, *, size: int, lazy: bool = False) -> Iterator[Path]:
    """A disk of so many bytes at a new folder; skips the test where this user may not mount one.

    At the end nothing may use it any more, unless `lazy`.
    """
    folder.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", *(["--lazy"] if lazy else []), str(folder)], check=True)
