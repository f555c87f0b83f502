"""Writers for the few boxes and elements of which hostile mp4 and Matroska files are made, field by field."""

import struct
import zlib
from functools import cache


def box(name: bytes, *parts: bytes) -> bytes:
    """An mp4 box."""
    content = b"".join(parts)
    return struct.pack(">L4s", 8 + len(content), name) + content


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """An mp4 box with version and flags."""
    return box(name, struct.pack(">L", version << 24 | flags), *parts)


_MATRIX = struct.pack(">9L", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def mp4(*traks: bytes, after: bytes = b"", duration: int = 1000, media: bytes = b"\0" * 64) -> bytes:
    """An mp4 of these traks, with its index first; `duration` in milliseconds."""
    mvhd = full(
        b"mvhd", struct.pack(">4L", 0, 0, 1000, duration), struct.pack(">LH10x", 0x10000, 0x100), _MATRIX, b"\0" * 28
    )
    return box(b"ftyp", b"isom\0\0\2\0isomavc1") + box(b"moov", mvhd, *traks, after) + box(b"mdat", media)


def trak(
    stbl: bytes, *, number: int = 1, side: tuple[int, int] = (16, 16), drefs: bytes = b"", duration: int = 1000
) -> bytes:
    """A video trak around a sample table; times in milliseconds."""
    tkhd = full(
        b"tkhd",
        struct.pack(">5L8xHHHH", 0, 0, number, 0, duration, 0, 0, 0, 0),
        _MATRIX,
        struct.pack(">2L", side[0] << 16, side[1] << 16),
        flags=3,
    )
    mdhd = full(b"mdhd", struct.pack(">4LHH", 0, 0, 1000, duration, 0x55C4, 0))
    hdlr = full(b"hdlr", struct.pack(">4s4s12x", b"\0\0\0\0", b"vide"), b"\0")
    dref = full(b"dref", struct.pack(">L", 1), drefs or full(b"url ", flags=1))
    minf = box(b"minf", full(b"vmhd", b"\0" * 8, flags=1), box(b"dinf", dref), stbl)
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))


def stbl(*tables: bytes, codec: bytes = b"png ", side: tuple[int, int] = (16, 16)) -> bytes:
    """A sample table: the description of one video codec, then these tables."""
    entry = box(
        codec,
        b"\0" * 6 + struct.pack(">H", 1),
        b"\0" * 16 + struct.pack(">HH", *side),
        struct.pack(">LLLH", 0x480000, 0x480000, 0, 1),
        b"\0" * 32,
        struct.pack(">Hh", 24, -1),
    )
    return box(b"stbl", full(b"stsd", struct.pack(">L", 1), entry), *tables)


def samples(count: int, *, size: int, offset: int, delta: int = 40) -> tuple[bytes, ...]:
    """Tables that claim `count` samples of one size in one chunk, whatever the file really holds."""
    return (
        full(b"stts", struct.pack(">3L", 1, count, delta)),
        full(b"stsc", struct.pack(">4L", 1, 1, count, 1)),
        full(b"stsz", struct.pack(">2L", size, count)),
        full(b"stco", struct.pack(">2L", 1, offset)),
    )


def element(identifier: int, *parts: bytes | float | str) -> bytes:
    """A Matroska element; whole numbers, fractions and text become what Matroska makes of them."""
    content = b"".join(map(_ebml_value, parts))
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _ebml_value(value: bytes | float | str) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
        case int():
            return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
        case _:
            return struct.pack(">d", value)


def matroska(*, tracks: bytes, blocks: bytes, duration: float | None = None, more: bytes = b"") -> bytes:
    """A Matroska file; times in milliseconds."""
    head = element(0x1A45DFA3, element(0x4282, "matroska"), element(0x4287, 4), element(0x4285, 2))
    length = b"" if duration is None else element(0x4489, duration)
    info = element(0x1549A966, element(0x2AD7B1, 1_000_000), length)
    return head + element(0x18538067, info, element(0x1654AE6B, tracks), more, blocks)


def video_track(
    number: int = 1, *, codec: str = "V_MJPEG", side: tuple[int, int] = (16, 16), more: bytes = b""
) -> bytes:
    """A Matroska video track."""
    return element(
        0xAE,
        *(element(0xD7, number), element(0x73C5, number), element(0x83, 1), element(0x86, codec)),
        element(0xE0, element(0xB0, side[0]), element(0xBA, side[1])),
        more,
    )


def cluster(time: int, *payloads: bytes, track: int = 1) -> bytes:
    """A Matroska cluster at `time` (ms) with one key frame for each payload, a millisecond apart."""
    blocks = (
        element(0xA3, bytes([0x80 | track]) + struct.pack(">hB", place, 0x80) + payload)
        for place, payload in enumerate(payloads)
    )
    return element(0x1F43B675, element(0xE7, time), *blocks)


@cache
def png(width: int, height: int) -> bytes:
    """A black picture of that size; a large one compresses to nearly nothing."""
    row = b"\0" * (1 + 3 * width)
    compressor = zlib.compressobj(9)
    rows = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content), name) + content + struct.pack(">L", zlib.crc32(name + content))
