"""The last release, installed from its wheel, to run on one database beside the program under test."""

import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parts.executors import ExecutorProcess
from tests.parts.settings import told

ROOT = Path(__file__).resolve().parents[2]
# The commit of the last release, and the revision of its tables.
COMMIT, REVISION = "fdd2692cf3d03e0f4b671f9c589370cc8c6f01c6", "0004"

_IN_ITS_WHEEL = ("mediaproc", "migrations", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Release:
    """One version of the program; `installed` is the folder with its wheel, None for this checkout."""

    installed: Path | None

    def executor(self, shard: str, *, settings: Mapping[str, str]) -> ExecutorProcess:
        """A node of this version; the caller ends it."""
        program = None if self.installed is None else self.installed / "bin" / "mediaproc"
        return ExecutorProcess(settings={**settings, "shard": shard}, program=program, environment=self._environment())

    def run(self, *arguments: str | Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """One command of this version, to its end."""
        entry = ("-m", "mediaproc") if self.installed is None else (self.installed / "bin" / "mediaproc",)
        return subprocess.run(
            [sys.executable, *entry, *arguments],
            env={**told(settings), **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {} if self.installed is None else {"PYTHONPATH": str(self.installed)}


@pytest.fixture(scope="session")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Built once per run; skips where the history does not reach back to it."""
    folder = tmp_path_factory.mktemp("last-release")
    archive = folder / "release.tar"
    command = ["git", "-C", str(ROOT), "archive", f"--output={archive}", COMMIT, *_IN_ITS_WHEEL]
    try:
        archived = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no git, which the last release is taken from")
    if archived.returncode != 0:
        pytest.skip(f"the last release is not in this history (a shallow clone?): {archived.stderr.strip()}")
    source, installed = folder / "source", folder / "installed"
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=source, check=True)
    (wheel,) = (source / "dist").glob("*.whl")
    # Its dependencies are those of this checkout.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", installed, wheel], check=True)
    return Release(installed)


@pytest.fixture
def this_release() -> Release:
    """The program under test."""
    return Release(None)
