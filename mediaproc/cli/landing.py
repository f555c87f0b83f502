"""Lay results into a folder under readable names, never over a file that is there."""

import errno
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from mediaproc.core.errors import PartMissing
from mediaproc.db.views.tasks import Ending
from mediaproc.store.protocol import Store

# Bytes of one name, on every file system in use.
_LONGEST_NAME = 255


def lay(ending: Ending, *, store: Store, folder: Path, name: Path, stop: Event) -> Path:
    """The rendition as a file in `folder`, called like its source `name`; returns where it is.

    A file that holds these very bytes already is left as it is, so that a second run adds nothing. Another one of
    that name is never touched: `clip.mp4` is followed by `clip (2).mp4`.

    Raises:
        PartMissing: the folder cannot be written.
        AttemptFailed, Unavailable, Stopped: as `store.get`.
    """
    if ending.output_key is None:
        raise ValueError(f"task {ending.id} has no rendition")
    target = folder / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.parent / f".{ending.output_sha256}.part"
        for place in _names(target, suffix=Path(ending.output_key).suffix):
            if place.exists() and _sha256(place) == ending.output_sha256:
                return place
            if place.exists():
                continue
            if not partial.exists():
                store.get(ending.output_key, partial, stop=stop)
            if _placed(partial, place):
                return place
    except OSError as error:
        raise PartMissing(f"Nothing can be written to {target.parent}: {error.strerror}.") from error
    raise AssertionError("the names never end")


def _placed(partial: Path, place: Path) -> bool:
    """Whether the file got that name; False when another one got it first."""
    try:
        # A link fails where a rename would replace.
        os.link(partial, place)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}:
            raise
        # This file system has no links.
        partial.rename(place)
        return True
    partial.unlink()
    return True


def _names(target: Path, *, suffix: str) -> Iterator[Path]:
    yield target.with_name(_fitting(target.stem, suffix))
    for number in itertools.count(2):
        yield target.with_name(_fitting(target.stem, f" ({number}){suffix}"))


def _fitting(stem: str, suffix: str) -> str:
    encoded = os.fsencode(stem)[: _LONGEST_NAME - len(os.fsencode(suffix))]
    try:
        stem.encode()
    except UnicodeEncodeError:
        # Not UTF-8 as it stands: no character can be cut in two.
        return os.fsdecode(encoded) + suffix
    return encoded.decode(errors="ignore") + suffix


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
