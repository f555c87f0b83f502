"""Whether what lies there is a draft: by what is in it, whatever it is called."""

import zipfile
from pathlib import Path

from mediaproc.core.draft.bundle_names import TIMELINE_NAMES, find_root
from mediaproc.core.errors import BadSource
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.zip_directory import LOCAL_HEADER, require_small_directory


def is_draft_folder(path: Path) -> bool:
    """Whether the folder is one draft, and no folder of films."""
    return path.is_dir() and (any((path / name).is_file() for name in TIMELINE_NAMES) or (path / "Timelines").is_dir())


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
