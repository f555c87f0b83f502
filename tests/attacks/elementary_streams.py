"""Bare H.264 and HEVC streams as ffmpeg's encoders write them, with other sides written into their headers."""

import re
from dataclasses import dataclass

_BEGIN = b"\0\0\0\1"


@dataclass(frozen=True, kw_only=True)
class _Header:
    """Where the header that states the sides has them: behind `fixed` bits, `numbers` of varying length and a gap.

    `kind` is what its first byte holds, `unit` what the sides are counted in, one less than there are or not.
    """

    kind: int
    fixed: int
    numbers: int
    gap: int
    unit: int
    less: int


# H.264 of the baseline profile: kind, profile, limits, level; four numbers; whether numbers may be missing.
_H264 = _Header(kind=0x67, fixed=32, numbers=4, gap=1, unit=16, less=1)
# HEVC of one layer: kind, layers, profile and level; two numbers.
_HEVC = _Header(kind=0x42, fixed=120, numbers=2, gap=0, unit=1, less=0)
_HEADERS = {"h264": _H264, "hevc": _HEVC}

# Options of the encoders whose headers look like that.
ENCODERS = {
    "h264": ("-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p"),
    "hevc": ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"),
}


def claiming(stream: bytes, *, form: str, side: int) -> bytes:
    """The stream, with pictures that claim to be squares of `side` pixels."""
    header = _HEADERS[form]
    return b"".join(
        _BEGIN + (_with_sides(unit, header=header, side=side) if unit[0] == header.kind else unit)
        for unit in _units(stream)
    )


def headers_of(stream: bytes, *, form: str) -> bytes:
    """The headers alone: what is left of the stream before its first picture."""
    units = _units(stream)
    kinds = [unit[0] for unit in units]
    return b"".join(_BEGIN + unit for unit in units[: kinds.index(_HEADERS[form].kind) + 2])


def _units(stream: bytes) -> list[bytes]:
    return [unit for unit in re.split(rb"\0{2,3}\x01", stream) if unit]


def _with_sides(unit: bytes, *, header: _Header, side: int) -> bytes:
    # Behind two zeros a 3 stands where else something could be taken for a beginning.
    bits = "".join(f"{byte:08b}" for byte in unit.replace(b"\0\0\3", b"\0\0"))
    begin = header.fixed
    for _ in range(header.numbers):
        begin = _behind_number(bits, begin)
    begin += header.gap
    end = _behind_number(bits, _behind_number(bits, begin))
    changed = bits[:begin] + 2 * _number(side // header.unit - header.less) + bits[end:]
    changed = changed.rstrip("0")  # ends with a 1 and zeros up to the byte
    whole = int(changed.ljust(-(-len(changed) // 8) * 8, "0"), 2).to_bytes(-(-len(changed) // 8), "big")
    return re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", whole)


def _behind_number(bits: str, at: int) -> int:
    """Where a number ends that begins with as many zeros as it has digits behind its first 1."""
    zeros = bits.index("1", at) - at
    return at + 2 * zeros + 1


def _number(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits
