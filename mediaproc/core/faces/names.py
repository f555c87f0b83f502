"""What a face is called: its table name, read for people, and made anew with a name of ours."""

import struct
from contextlib import suppress

from mediaproc.core.safe_text import shown

_HEADER = struct.Struct(">HHH")
_RECORD = struct.Struct(">HHHHHH")
_MOST_RECORDS = 2_000
_LONGEST_NAME = 64
_WINDOWS, _UNICODE, _MACINTOSH = 3, 0, 1
_UNICODE_PLANE, _ENGLISH = 1, 0x409
_FAMILY, _STYLE, _FULL, _POSTSCRIPT, _TYPOGRAPHIC_FAMILY = 1, 2, 4, 6, 16


def family_name(table: memoryview) -> str:
    """The family's name, in English where it has one, safe to show; empty where there is none that can be read."""
    if len(table) < _HEADER.size:
        return ""
    _, count, strings = _HEADER.unpack_from(table)
    names: dict[tuple[bool, bool, bool], str] = {}
    for n in range(min(count, _MOST_RECORDS, (len(table) - _HEADER.size) // _RECORD.size)):
        platform, _, language, name_id, length, offset = _RECORD.unpack_from(table, _HEADER.size + n * _RECORD.size)
        if name_id not in {_FAMILY, _TYPOGRAPHIC_FAMILY}:
            continue
        encoded = bytes(table[strings + offset : strings + offset + length])
        rank = (platform != _WINDOWS, language != _ENGLISH, name_id != _TYPOGRAPHIC_FAMILY)
        with suppress(UnicodeDecodeError):
            decoded = encoded.decode("mac-roman" if platform == _MACINTOSH else "utf-16-be")
            if decoded.strip():
                names.setdefault(rank, shown(decoded.strip(), limit=_LONGEST_NAME))
    return names[min(names)] if names else ""


def own_names(name: str) -> bytes:
    """A table that calls a face by this name alone, which is ASCII."""
    values = {_FAMILY: name, _STYLE: "Regular", _FULL: name, _POSTSCRIPT: name}
    records, strings = b"", b""
    for name_id, value in values.items():
        encoded = value.encode("utf-16-be")
        records += _RECORD.pack(_WINDOWS, _UNICODE_PLANE, _ENGLISH, name_id, len(encoded), len(strings))
        strings += encoded
    return _HEADER.pack(0, len(values), _HEADER.size + len(records)) + records + strings
