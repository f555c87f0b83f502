"""The files that a command's PATH arguments mean: files, folders with all that is in them, `-` for a list."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from mediaproc.cli.formatting import counted
from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import shown

# Of links that are left out, how many are told by name.
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to take, and its name relative to what was named: how its results are called.

    What no person named was found in the folder `within`: inside it no link is to be followed.
    """

    path: Path
    name: Path
    within: Path | None = None


def sources_of(paths: Sequence[str], *, leave_out: Path | None = None) -> list[Source]:
    """Every file meant, as find_sources; one line on standard error tells of the links that were left out.

    Raises:
        WrongUse: a path is empty.
    """
    links: list[Path] = []
    sources = list(find_sources(paths, leave_out=leave_out, on_link=links.append))
    if links:
        names = [shown(str(link)) for link in links[:_MOST_NAMED]]
        if len(links) > _MOST_NAMED:
            names.append(f"{len(links) - _MOST_NAMED} more")
        sentence = f"Left out {counted(len(links), 'link')}, which may lead out of what was named: {', '.join(names)}."
        typer.echo(
            paragraph(f"{sentence} Name a link as a PATH to take what it leads to.", width=terminal_width(err=True)),
            err=True,
        )
    return sources


def found_in(sources: Sequence[Source]) -> dict[Path, Path]:
    """The folder in which each path was found that nobody named."""
    return {source.path: source.within for source in sources if source.within is not None}


def find_sources(
    paths: Sequence[str], *, leave_out: Path | None = None, on_link: Callable[[Path], object] = lambda _link: None
) -> Iterator[Source]:
    """Every file meant, in the order given, those of a folder by name.

    What is not there comes too, and of a folder also what is no file and what cannot be looked into, for whoever takes
    it to say so. Hidden files inside folders are left out, and everything under `leave_out`, so that results are never
    taken for sources. A link is followed only where it is itself one of `paths`, which a person chose; `on_link` is
    told of one that a folder holds or a list names: whoever may write into a folder could publish any file with it.

    Raises:
        WrongUse: a path is empty.
    """
    for written in paths:
        if not written:
            # To Path it would mean the current folder; to a script it was a variable that nobody set.
            raise WrongUse("A PATH is empty: name a file or a folder, `.` for the current one.")
        is_list = written == "-"
        for path in _listed() if is_list else (Path(written),):
            if is_list and os.path.islink(path):  # noqa: PTH114 - as of is_dir
                on_link(path)
            elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
                yield from _within(path, leave_out=leave_out, on_link=on_link)
            else:
                yield Source(path=path, name=Path(path.name), within=path.parent if is_list else None)


def _within(folder: Path, *, leave_out: Path | None, on_link: Callable[[Path], object]) -> Iterator[Source]:
    closed: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(parent, name), leave_out=leave_out))
        are_files = [(name, False) for name in folders] + [(name, True) for name in sorted(files)]
        for path, is_file in ((Path(parent, name), is_file) for name, is_file in are_files if name[0] != "."):
            if os.path.islink(path):  # noqa: PTH114 - as of is_dir
                on_link(path)
            elif is_file:
                yield Source(path=path, name=path.relative_to(folder), within=folder)
    for path in closed:
        # The folder itself was named.
        yield Source(path=path, name=path.relative_to(folder), within=None if path == folder else folder)


def _is_wanted(folder: Path, *, leave_out: Path | None) -> bool:
    if folder.name.startswith("."):
        return False
    try:
        return leave_out is None or not (leave_out.exists() and folder.samefile(leave_out))
    except OSError:
        # Either cannot be looked at: the folder comes as what cannot be, and of `leave_out` its user tells.
        return True


def _listed() -> Iterator[Path]:
    """The names on standard input, one a line, or each ended by a NUL byte as `find -print0` does it."""
    # Bytes: names need not be UTF-8.
    listed = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in listed else b"\n"
    yield from (Path(os.fsdecode(name)) for name in listed.split(separator) if name)


def size_of(source: Source) -> int:
    """Bytes of the file, 0 where there is none."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0
