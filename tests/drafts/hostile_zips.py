"""Zips that no ordinary program writes, each made from a good one."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType


def _with_name(name: str, *, external: int = 0) -> Callable[[Path], Path]:
    def change(path: Path) -> Path:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename, entry.create_system, entry.external_attr = name, 3, external
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(entry, b"/etc/passwd")
        return path

    return change


def _with_twins(*names: str) -> Callable[[Path], Path]:
    def change(path: Path) -> Path:
        with zipfile.ZipFile(path, "a") as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), b"x")
        return path

    return change


def _bomb(path: Path) -> Path:
    """Half a gigabyte of nothing."""
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as entry:
        for _ in range(512):
            entry.write(bytes(1 << 20))
    return path


def _lying(path: Path) -> Path:
    """The film is longer than the zip says."""
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("a.mp4").file_size
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 10)))
    return path


def _overlapping(path: Path) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bbb", b"x" * 100)
        archive.writestr("ccc", b"x" * 100)
    raw = bytearray(path.read_bytes())
    first, second = (raw.rindex(b"PK\x01\x02", 0, raw.rindex(name)) for name in (b"bbb", b"ccc"))
    raw[second + 42 : second + 46] = raw[first + 42 : first + 46]
    path.write_bytes(raw)
    return path


def _a_billion_files(path: Path) -> Path:
    raw = path.read_bytes()
    end = raw.rindex(b"PK\x05\x06")
    large = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 10**9, 10**9, 2**40, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    small = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(raw[:end] + large + locator + small)
    return path


def _locked(path: Path) -> Path:
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    return path


def _many(path: Path) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(10_001):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return path


def _half(path: Path) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    return path


def _damaged(path: Path) -> Path:
    """One bit of the film is another one."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    return path


CHANGES: Mapping[str, Callable[[Path], Path]] = MappingProxyType(
    {
        "name upwards": _with_name("../escape"),
        "absolute name": _with_name("/etc/cron.d/x"),
        "name of another system": _with_name("a\\..\\..\\b"),
        "drive": _with_name("C:/x"),
        "link": _with_name("b.mp4", external=(stat.S_IFLNK | 0o777) << 16),
        "device": _with_name("b.mp4", external=(stat.S_IFBLK | 0o777) << 16),
        "the same name twice": _with_twins("b/B.mp4", "b/b.mp4"),
        "the same letter twice": _with_twins("\u00e9.mp4", "e\u0301.mp4"),
        "bomb": _bomb,
        "more than it says": _lying,
        "upon each other": _overlapping,
        "a billion files": _a_billion_files,
        "password": _locked,
        "10,003 files": _many,
        "half": _half,
        "damaged": _damaged,
    }
)


def huge_png(width: int, height: int) -> bytes:
    """A picture of a few bytes that claims so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    header = struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")
