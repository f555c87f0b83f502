"""Text that came from outside, made safe to show: file names, metadata, ffmpeg's log."""

import unicodedata

ELLIPSIS = "…"

_MOST_QUOTED = 64

# Cc: controls, also terminal escapes. Cf: direction overrides and zero-width characters, which make one name read as
# another. Cs: halves of a character, which no UTF-8 output takes. Zl, Zp: line ends that only some readers know.
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# Where Python's file names carry a byte that is not UTF-8: U+DC80 for 0x80 to U+DCFF for 0xFF.
_STRAY_BYTES = range(0xDC80, 0xDD00)
_BYTE_RANGE, _BASIC_PLANE = range(0x100), range(0x10000)

_NAMED_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shown(text: str | bytes, *, limit: int | None = None) -> str:
    r"""One line that is safe in a terminal, a log, JSON and a database column.

    Bytes are decoded as UTF-8 with replacement. Control, direction, zero-width and surrogate characters become
    escapes such as ``\x1b`` and ``\u202e``; a byte of a file name that is not UTF-8 becomes ``\xff``.
    At most `limit` characters come back, the last of them "…" when something was cut.
    """
    if limit is not None:
        text = text[: 4 * limit + 4] if isinstance(text, bytes) else text[: limit + 1]
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    if decoded.isprintable():  # so it has none of the categories; each character of every log line comes here
        return _capped(decoded, limit=limit)
    return _capped("".join(map(_escaped, decoded)), limit=limit)


def quoted(value: object) -> str:
    """A value that is refused, as it was written, for a sentence about it; its end is left out where it is long."""
    if isinstance(value, str):
        return f"'{shown(value, limit=_MOST_QUOTED)}'"
    return shown(repr(value), limit=_MOST_QUOTED)


def shown_lines(text: str | bytes, *, limit: int) -> str:
    """Several lines, each as `shown` gives it; the last `limit` characters at most, since a log's end tells most."""
    if isinstance(text, bytes):
        text = text[-4 * limit :].decode(errors="replace")
    lines = text[-limit - 1 :].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    safe = "\n".join(shown(line) for line in lines).strip("\n")
    return safe if len(safe) <= limit else ELLIPSIS + safe[len(safe) - limit + 1 :]


def cut_middle(text: str, *, width: int) -> str:
    """The text in at most `width` display cells, its middle replaced by "…" where it is longer."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    tail = prefix(text[::-1], width=(width - 1) // 2)[::-1]
    head = prefix(text, width=width - 1 - cells(tail))
    return head + ELLIPSIS + tail


def prefix(text: str, *, width: int) -> str:
    """The beginning of the text that takes at most `width` display cells."""
    used = 0
    for index, character in enumerate(text):
        used += _cell(character)
        if used > width:
            return text[:index]
    return text


def cells(text: str) -> int:
    """How many columns of a terminal the text takes: an East Asian wide character two, a combining one none."""
    return sum(map(_cell, text))


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED_CATEGORIES:
        return character
    code = ord(character)
    if character in _NAMED_ESCAPES:
        return _NAMED_ESCAPES[character]
    if code in _STRAY_BYTES:
        code &= 0xFF
    if code in _BYTE_RANGE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code in _BASIC_PLANE else f"\\U{code:08x}"


def _capped(text: str, *, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS if limit > 0 else ""


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
