"""Writers for .wtv recordings: a file system of sectors, in which the film is a file of chunks."""

import struct
from collections.abc import Iterator, Mapping, Sequence

SECTOR = 4096
_PIECE = 64 * SECTOR

# What a recording holds of its film: chunks, attributes, and two tables that tell which chunk comes when and where.
TIMELINE = "timeline"
ATTRIBUTES = "table.0.entries.legacy_attrib"
TIMES = "table.0.entries.time"

# The kinds of chunks: what a stream is, when its next bytes are shown, these bytes, and what nobody needs.
STREAM = bytes.fromhex("eda413232dbf4f45ad8ad95ba7f91fee")
TIME = bytes.fromhex("5b05e61b97a9494388171a655a298a97")
BYTES = bytes.fromhex("95c3d2c27e9ada118bf70007e95ead8d")
_SYNC = bytes.fromhex("97c3d2c27e9ada118bf70007e95ead8d")

_BEGIN = bytes.fromhex("b7d800203749da11a64e0007e95ead8d8cc3d2c27e9ada118bf70007e95ead8d")
_ENTRY = bytes.fromhex("92b774915970704488df063b82cc213d")
_ATTRIBUTE = bytes.fromhex("5afed76dc81d8f4a9922fab11c381453")
_PICTURE = 2

_HEADER_SIZE = 32
_TABLE = struct.Struct(f"<{SECTOR // 4}L")


def chunks_of(recording: bytes) -> Iterator[bytes]:
    """The chunks of a film as ffmpeg writes it: one behind the other, from the second sector on."""
    at = SECTOR
    while (size := _size_of(recording, at)) >= _HEADER_SIZE:
        yield recording[at : at + size]
        at += size


def _size_of(recording: bytes, at: int) -> int:
    (size,) = struct.unpack_from("<L", recording, at + 16)
    return -(-int(size) // 8) * 8


def chunk(kind: bytes, content: bytes, *, like: bytes, size: int | None = None) -> bytes:
    """A chunk of the same stream as another one; `size` is what it says of its content (bytes)."""
    header = kind + struct.pack("<L", _HEADER_SIZE + (len(content) if size is None else size))
    return _padded(header + like[20:_HEADER_SIZE] + content, to=8)


def film(chunks: Sequence[bytes]) -> bytes:
    """These chunks and one that fills the last piece, so that what follows is a chunk again."""
    content = b"".join(chunks)
    room = -(len(content) + _HEADER_SIZE) % _PIECE
    return content + chunk(_SYNC, b"\0" * room, like=bytes(_HEADER_SIZE))


def thumbnail(size: int) -> bytes:
    """The attribute of a picture of so many bytes, but for these."""
    content = _text("image/jpeg") + b"\3" + _text("cover") + struct.pack("<L", size)
    return _ATTRIBUTE + struct.pack("<LL", _PICTURE, len(content) + size) + _text("WM/Picture") + content


def recording(files: Mapping[str, bytes], *, endless: str = "") -> bytes:
    """A recording with these files inside; the tables of the `endless` one list its pieces a million times."""
    directory = content = b""
    for name, held in files.items():
        begin = 2 + len(content) // SECTOR
        levels = 2 if name == endless else 1
        pieces = [begin + levels + 64 * place for place in range(-(-len(held) // _PIECE))]
        if name == endless:
            many = (pieces * _TABLE.size)[: SECTOR // 4]
            directory += _entry(name, size=2**40, sector=begin, levels=levels)
            content += _TABLE.pack(*[begin + 1] * len(many)) + _TABLE.pack(*many)
        else:
            directory += _entry(name, size=len(held), sector=begin, levels=levels)
            content += _padded(struct.pack(f"<{len(pieces)}L", *pieces), to=SECTOR)
        content += _padded(held, to=_PIECE)
    head = _BEGIN + struct.pack("<4L", 1, 2, SECTOR, _PIECE) + struct.pack("<3L", len(directory), 0, 1)
    return _padded(head, to=SECTOR) + _padded(directory, to=SECTOR) + content


def _entry(name: str, *, size: int, sector: int, levels: int) -> bytes:
    text = _padded(_text(name), to=8)
    header = struct.pack("<HHLQLL", 48 + len(text), 0, 0, size, len(text) // 2, 0)
    return _ENTRY + header + text + struct.pack("<LL", sector, levels)


def _text(words: str) -> bytes:
    return f"{words}\0".encode("utf-16-le")


def _padded(content: bytes, *, to: int) -> bytes:
    return content.ljust(-(-len(content) // to) * to, b"\0")
