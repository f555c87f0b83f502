"""The sources that a command's PATH arguments mean: files, folders with all files in them, `-` for a list."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.core.errors import WrongUse
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.draft_bundle import folder_size, is_draft_folder

# How many of the links that were left out the warning names.
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class SourcePath:
    """The path of a source (a file, or a draft's folder), and its `name`, after which its result is named.

    The name is relative to the PATH argument.

    A path that no person wrote was found in the folder `within`: no link inside that folder may be followed.
    """

    path: Path
    name: Path
    within: Path | None = None


def source_paths(paths: Sequence[str], *, leave_out: Path | None = None) -> list[SourcePath]:
    """Every file that the arguments mean, as `find_source_paths`; a line on standard error names the links left out.

    Raises:
        WrongUse: a path is empty.
    """
    links: list[Path] = []
    sources = list(find_source_paths(paths, leave_out=leave_out, on_link=links.append))
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


def containing_folders(sources: Sequence[SourcePath]) -> dict[Path, Path]:
    """By path, the folder in which it was found, for each path that no person wrote."""
    return {source.path: source.within for source in sources if source.within is not None}


def find_source_paths(
    paths: Sequence[str], *, leave_out: Path | None = None, on_link: Callable[[Path], object] = lambda _link: None
) -> Iterator[SourcePath]:
    """Every file that the arguments mean, in their order, the files of a folder by name; a draft's folder is one.

    A path that does not exist, a folder that cannot be read and an entry of a folder that is no file are in the answer
    too: the enqueue refuses them with a sentence. Hidden files inside folders are left out, and so is everything under
    `leave_out`, so that no result is taken for a source. A link is followed only where it is itself one of `paths`,
    which a person chose. Any other link goes to `on_link`: with one, a user who may write into a folder of uploads
    could publish a file that only this process may read.

    Raises:
        WrongUse: a path is empty.
    """
    for written in paths:
        if not written:
            # Path takes "" for the current folder; a script that passes it has left a variable unset.
            raise WrongUse("A PATH is empty: name a file or a folder, `.` for the current one.")
        is_list = written == "-"
        for path in _listed() if is_list else (Path(written),):
            if is_list and os.path.islink(path):  # noqa: PTH114 - as of is_dir
                on_link(path)
            elif is_draft_folder(path):
                yield SourcePath(path=path, name=_name_of_draft(path), within=path.parent if is_list else None)
            elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
                yield from _within(path, leave_out=leave_out, on_link=on_link)
            else:
                yield SourcePath(path=path, name=Path(path.name), within=path.parent if is_list else None)


def _within(folder: Path, *, leave_out: Path | None, on_link: Callable[[Path], object]) -> Iterator[SourcePath]:
    closed: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(parent, name), leave_out=leave_out))
        drafts = [name for name in folders if _is_draft(Path(parent, name))]
        folders[:] = [name for name in folders if name not in drafts]
        for path in (Path(parent, name) for name in drafts):
            name = path.relative_to(folder).with_name(_name_of_draft(path).name)
            yield SourcePath(path=path, name=name, within=folder)
        are_files = [(name, False) for name in folders] + [(name, True) for name in sorted(files)]
        for path, is_file in ((Path(parent, name), is_file) for name, is_file in are_files if name[0] != "."):
            if os.path.islink(path):  # noqa: PTH114 - as of is_dir
                on_link(path)
            elif is_file:
                yield SourcePath(path=path, name=path.relative_to(folder), within=folder)
    for path in closed:
        # Only the folder that a person named may be a link.
        yield SourcePath(path=path, name=path.relative_to(folder), within=None if path == folder else folder)


def _is_draft(folder: Path) -> bool:
    return not folder.is_symlink() and is_draft_folder(folder)


def _name_of_draft(folder: Path) -> Path:
    """As that of the one file which the folder becomes, also of `.`, and where the folder's own name has a dot."""
    return Path(f"{folder.resolve().name}.zip")


def _is_wanted(folder: Path, *, leave_out: Path | None) -> bool:
    if folder.name.startswith("."):
        return False
    try:
        return leave_out is None or not (leave_out.exists() and folder.samefile(leave_out))
    except OSError:
        # The folder then shows up as one that cannot be read, and the result folder tells of `leave_out`.
        return True


def _listed() -> Iterator[Path]:
    """The names on standard input: one a line, or each ended by a NUL byte, as `find -print0` prints them."""
    # Read as bytes, since names need not be UTF-8.
    listed = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in listed else b"\n"
    yield from (Path(os.fsdecode(name)) for name in listed.split(separator) if name)


def size_on_disk(source: SourcePath) -> int:
    """Bytes of the file, or of all files of a draft's folder; 0 where there is none."""
    try:
        if is_draft_folder(source.path):
            return folder_size(source.path)
        return source.path.stat().st_size
    except OSError:
        return 0
