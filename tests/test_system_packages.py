"""`make test` goes on where system packages cannot be installed, and names them."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("install-system-packages")


@pytest.mark.parametrize(
    ("programs", "says"),
    [
        ({}, "no Debian here"),
        ({"dpkg-query": "exit 1", "id": "echo 1000"}, "not root"),
        ({"dpkg-query": "exit 1", "id": "echo 0", "apt-get": "exit 100"}, "apt-get install failed"),
    ],
)
def test_what_cannot_be_installed_is_named_and_ends_nothing(
    tmp_path: Path, programs: dict[str, str], says: str
) -> None:
    ran = _run(tmp_path, programs)
    assert ran.returncode == 0
    assert says in ran.stdout
    assert ran.stdout.splitlines()[-1].endswith(": spin gcc")


def test_old_lists_of_packages_are_good_enough_to_try(tmp_path: Path) -> None:
    apt = 'case "$1" in update) exit 100 ;; esac; echo "$@" > "$(dirname "$0")/installed"'
    ran = _run(tmp_path, {"dpkg-query": "exit 1", "id": "echo 0", "apt-get": apt})
    assert ran.returncode == 0
    assert "skipped" not in ran.stdout
    assert (tmp_path / "installed").read_text().split()[-2:] == ["spin", "gcc"]


def _run(folder: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs the script with these programs, and the few that it needs itself, as the only ones."""
    for name, body in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    for name in ("grep", "dirname"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    (folder / "mkdir").symlink_to("/bin/true")
    return subprocess.run(
        ["/bin/sh", SCRIPT, "spin", "gcc"],
        env={"PATH": str(folder), "HOME": os.fspath(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
