"""Small disks of a test's own: each a tmpfs, which is full at exactly the size that it was given."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, *, size: int, lazy: bool = False) -> Iterator[Path]:
    """As `mounted_small_disk`; skips the test where this user may not mount a disk."""
    with ExitStack() as block:
        try:
            block.enter_context(mounted_small_disk(folder, size=size, lazy=lazy))
        except subprocess.CalledProcessError:
            pytest.skip("this user may not mount a small disk")
        yield folder


@contextmanager
def mounted_small_disk(folder: Path, *, size: int, lazy: bool = False) -> Iterator[Path]:
    """A disk of so many bytes at a new folder.

    At the end no process may use the disk any more, unless it is unmounted `lazy`.

    Raises:
        CalledProcessError: this user may not mount a disk.
    """
    folder.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", *(["--lazy"] if lazy else []), str(folder)], check=True)
