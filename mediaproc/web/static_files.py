"""The files that browsers load beside a page; each address carries a version, so a browser may keep it for ever."""

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")

# The first digits of the digest are enough to tell two versions apart.
_DIGITS = 12


def static_address(name: str) -> str:
    """The address of a file of static/, with the version that it has."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:_DIGITS]
