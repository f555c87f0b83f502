"""A draft's zip, open for reading: whatever is odd about it is refused before any of its files is read."""

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, BinaryIO

from mediaproc.core.draft.bundle_names import BundleNames, read_names
from mediaproc.core.safe_text import quoted
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.refusals import refused, too_large
from mediaproc.draft_bundle.zip_directory import LOCAL_HEADER_SIZE, require_small_directory

_PIECE = 1024 * 1024
_IS_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What a zip's reader raises of bytes that are none; a CRC that does not fit is among them.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True, kw_only=True)
class DraftBundle:
    """Its files by name; only those that are asked for are unpacked."""

    names: BundleNames
    _zip: zipfile.ZipFile
    _entries: Mapping[str, zipfile.ZipInfo]

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        return self._entries[name].file_size

    def read(self, name: str, *, limit: int) -> bytes:
        """The content of a small file.

        Raises:
            BadSource: it has more bytes than `limit`, or is damaged.
        """
        entry = self._entries[name]
        if entry.file_size > limit:
            raise too_large(f"has {quoted(name)} with more than {limit // 1024**2} MB")
        return b"".join(self._pieces(entry))

    def extract(self, name: str, target: IO[bytes]) -> None:
        """Writes the content of a file.

        Raises:
            BadSource: it is damaged; a part of it may be written by then.
        """
        for piece in self._pieces(self._entries[name]):
            target.write(piece)

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        left = entry.file_size
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except _DAMAGES:
            raise refused(f"has a damaged file, {quoted(entry.filename)}") from None
        if left:
            raise refused(f"has a file of another size than it claims, {quoted(entry.filename)}")


@contextmanager
def open_bundle(path: Path, *, limits: BundleLimits | None = None) -> Iterator[DraftBundle]:
    """The bundle, until the block ends.

    Raises:
        BadSource: it is no zip that holds a draft, or one that is made to do harm.
    """
    limits = limits or BundleLimits()
    with path.open("rb") as file:
        require_small_directory(file, limits=limits)
        size = file.seek(0, 2)
        with _opened(file) as archive:
            entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
            _require_sane(entries, size=size, limits=limits)
            by_name = {_name(entry): entry for entry in entries}
            names = read_names(map(_name, entries))
            yield DraftBundle(names=names, _zip=archive, _entries=by_name)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except _DAMAGES:
        raise refused("is a damaged zip: upload it again") from None


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    # Python's own `is_dir` fails where the name is empty.
    return entry.filename.endswith("/") and entry.file_size == 0


def _require_sane(entries: list[zipfile.ZipInfo], *, size: int, limits: BundleLimits) -> None:
    if len(entries) > limits.max_files:
        raise too_large(f"has {len(entries)} files, where {limits.max_files} are the most")
    for entry in entries:
        _require_plain_file(entry)
        if entry.file_size > limits.max_file_bytes:
            raise too_large(f"has {quoted(entry.filename)} with more than {limits.max_file_bytes // 1024**2} MB")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.max_bytes:
        raise too_large(f"has more than {limits.max_bytes // 1024**2} MB once it is unpacked")
    if unpacked > limits.free_bytes + limits.max_ratio * size:
        raise too_large(f"unpacks to more than {limits.max_ratio} times its size, as no draft does")
    for entry, following in pairwise(sorted(entries, key=lambda each: each.header_offset)):
        # One stretch of bytes that many entries share makes much of little.
        if entry.header_offset + LOCAL_HEADER_SIZE + entry.compress_size > following.header_offset:
            raise refused(f"has files that lie upon each other, {quoted(entry.filename)}")


def _require_plain_file(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise refused(f"holds a link or a device, {quoted(entry.filename)}")
    if entry.flag_bits & _IS_ENCRYPTED:
        raise refused("is a zip with a password: make it without one")
    if entry.compress_type not in _METHODS:
        raise refused(f"holds {quoted(entry.filename)} in an unusual compression: make it an ordinary zip")


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: without the mark of UTF-8 it is in the code page of some computer."""
    # Python ends the name at a NUL; what was written is kept beside it.
    written = entry.orig_filename
    if entry.flag_bits & _IS_UTF8:
        return written
    raw = written.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return written
