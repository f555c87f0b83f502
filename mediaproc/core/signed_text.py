"""Texts that a server gives away and knows again as its own: share links, cursors."""

import base64
import binascii
import hashlib
import hmac

# So that nothing is computed over what is larger than anything that was signed.
_LONGEST = 4_000
_MAC_BYTES = 32


def sign(value: str, *, purpose: str, key: bytes) -> str:
    """The value with a signature, in letters that a URL takes as they are; the value itself can be read.

    A text that was signed for one purpose is none for another.
    """
    signed = value.encode()
    mac = hmac.digest(key, purpose.encode() + b"\0" + signed, hashlib.sha256)
    return base64.urlsafe_b64encode(mac + signed).rstrip(b"=").decode()


def read_signed(text: str, *, purpose: str, key: bytes) -> str | None:
    """The value that `sign` was given; None where this text is not letter for letter what it made."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        made = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    value = made[_MAC_BYTES:].decode(errors="replace")
    return value if hmac.compare_digest(sign(value, purpose=purpose, key=key), text) else None
