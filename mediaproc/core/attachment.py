"""The header by which a browser saves a download under a name (RFC 6266), whatever the name of the upload was."""

import unicodedata
from urllib.parse import quote

# File systems take 255 bytes, and a browser may add to a name.
_LONGEST = 180
_SEPARATORS = frozenset('/\\:*?"<>|')


def attachment(filename: str) -> str:
    """The value of Content-Disposition: an attachment of this name, as `safe_name` has it."""
    name = safe_name(filename)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_name(filename: str) -> str:
    """The name without what separates folders, controls a terminal or turns the direction of writing."""
    kept = "".join(
        "_" if each in _SEPARATORS or unicodedata.category(each).startswith("C") else each for each in filename
    )
    stem, dot, extension = kept.rpartition(".")
    if not extension.isalnum():
        stem, dot, extension = kept, "", ""
    most = _LONGEST - len(extension.encode())
    stem = stem.encode()[: max(most, 1)].decode(errors="ignore").strip(" .") or "file"
    return f"{stem}{dot}{extension}"


def renamed(filename: str, *, extension: str) -> str:
    """The name of what was made of a file of that name."""
    stem, dot, _ = filename.rpartition(".")
    return f"{stem if dot else filename}.{extension}"
