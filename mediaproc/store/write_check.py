"""Proof that objects can be kept: one is written, read back and removed."""

import hashlib
import secrets
import tempfile
from pathlib import Path
from threading import Event

from mediaproc.store.interface import Store

# Where such objects are; a process that is killed between writing and removing one leaves it there.
PREFIX = "proof/"


def prove(store: Store, *, folder: Path | None = None) -> None:
    """Returns when the store does all that is asked of it; the few bytes come from a file in `folder`.

    Raises:
        PartMissing: it refuses and waiting cannot mend that.
        Unavailable: it does not answer, cannot do its work now, or is not prepared: nothing is left in what may be
            the bare place of a disk that is not mounted.
    """
    # First, since it gives up sooner than the others where nobody answers.
    store.check()
    content = secrets.token_bytes(4096)
    key = f"{PREFIX}{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="proof-", dir=folder) as name:
        sent, back = Path(name) / "sent", Path(name) / "back"
        sent.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        store.put(key, sent, sha256=sha256, content_type="application/octet-stream", stop=Event())
        store.get(key, back, stop=Event())
        store.delete(key)
