"""A length of time, an amount of bytes and a number of things as people say them."""

# A length below this is told with a tenth (s).
_EXACT_BELOW = 10.0


def told_length(seconds: float) -> str:
    """A length as people say it: `6.9 s`, `20 s`, `5 min`, `2.5 h`."""
    for limit, unit, name in ((7200, 3600, "h"), (300, 60, "min")):
        if seconds >= limit:
            return f"{seconds / unit:.1f}".removesuffix(".0") + f" {name}"
    return (f"{seconds:.1f}".removesuffix(".0") if seconds < _EXACT_BELOW else f"{seconds:.0f}") + " s"


def told_size(size: int) -> str:
    """Bytes as people say them: `5000 bytes`, `12 kB`, `1.5 GB`."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= 10 * unit or (size >= unit > 10**3):
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
