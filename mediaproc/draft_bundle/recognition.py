"""Whether what lies there is a draft: by what is in it, whatever it is called."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path

from mediaproc.core.draft.bundle_names import TIMELINE_NAMES, find_root
from mediaproc.core.errors import BadSource
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.zip_directory import LOCAL_HEADER, require_small_directory


def is_draft_folder(path: Path) -> bool:
    """Whether the folder is one draft, and no folder of films; one that may not be looked into is none."""
    # pathlib raises where a folder is closed, or a name too long.
    return any(os.path.isfile(path / name) for name in TIMELINE_NAMES) or os.path.isdir(path / "Timelines")  # noqa: PTH112, PTH113


def folder_size(path: Path) -> int:
    """Bytes of all files in a folder and its sub-folders, as far as they can be listed."""
    size = 0
    for parent, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                size += Path(parent, name).lstat().st_size
    return size


def is_draft_zip(path: Path, *, limits: BundleLimits | None = None) -> bool:
    """Whether the file is a zip with a timeline at its root or one folder below; none that is damaged or too large.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(LOCAL_HEADER)) != LOCAL_HEADER:
            return False
        try:
            require_small_directory(file, limits=limits or BundleLimits())
            with zipfile.ZipFile(file) as archive:
                return find_root(archive.namelist()) is not None
        except (BadSource, zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError):
            return False
