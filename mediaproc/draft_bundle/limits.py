"""How large a draft's bundle may be."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BundleLimits:
    """What a site takes."""

    max_files: int = 10_000
    # Bytes of one file, and of all of them, once they are unpacked.
    max_file_bytes: int = 16 * 1024**3
    max_bytes: int = 64 * 1024**3
    # Bytes of the zip's list of its files.
    max_directory_bytes: int = 8 * 1024**2
    # Films hardly shrink: what unpacks to so many times its size is made to fill a disk.
    max_ratio: int = 50
    # Which small ones may do, since JSON shrinks to a twentieth and an empty picture to a thousandth (bytes).
    free_bytes: int = 256 * 1024**2
