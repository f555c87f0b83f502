"""What the end of a zip claims of it, read before Python's own reader takes memory for each of its entries."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_bundle.refusals import refused, too_large

LOCAL_HEADER = b"PK\x03\x04"
LOCAL_HEADER_SIZE = 30

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 65_535
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE = b"PK\x06\x07"
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
_LARGE_END_SIGNATURE = b"PK\x06\x06"
# What stands in the small record where the large one counts.
_SEE_LARGE_COUNT, _SEE_LARGE_SIZE = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class _Directory:
    """What a zip says of the list of its files."""

    files: int
    size: int


def require_small_directory(file: BinaryIO, *, limits: BundleLimits) -> None:
    """Passes a zip whose list of files is worth reading.

    Raises:
        BadSource: it is no whole zip, or its list is longer than is taken.
    """
    directory = _directory(file)
    if directory.files > limits.max_files:
        raise too_large(f"has {directory.files} files, where {limits.max_files} are the most")
    if directory.size > limits.max_directory_bytes:
        raise too_large("has a list of files that is larger than is taken")


def _directory(file: BinaryIO) -> _Directory:
    size = file.seek(0, 2)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read(size - start)
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise refused("is no whole zip: upload it again")
    _, _, _, _, files, directory_size, offset, _ = _END.unpack_from(tail, at)
    if files == _SEE_LARGE_COUNT or _SEE_LARGE_SIZE in {directory_size, offset}:
        return _large_directory(file, end=start + at) or _Directory(files=files, size=directory_size)
    return _Directory(files=files, size=directory_size)


def _large_directory(file: BinaryIO, *, end: int) -> _Directory | None:
    if end < _LOCATOR.size:
        return None
    file.seek(end - _LOCATOR.size)
    signature, _, offset, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if signature != _LOCATOR_SIGNATURE or offset > end - _LARGE_END.size:
        return None
    file.seek(offset)
    signature, *_, files, directory_size, _ = _LARGE_END.unpack(file.read(_LARGE_END.size))
    return _Directory(files=files, size=directory_size) if signature == _LARGE_END_SIGNATURE else None
