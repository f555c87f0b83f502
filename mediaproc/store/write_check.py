"""The write check, which proves that the store keeps objects: one is written, read back and removed."""

import hashlib
import secrets
import tempfile
from pathlib import Path
from threading import Event

from mediaproc.store.interface import Store

# The keys of such objects; a process that is killed between writing and removing one leaves it there.
PREFIX = "proof/"


def run_write_check(store: Store, *, folder: Path | None = None) -> None:
    """Returns when the store wrote, read and removed one object; its few bytes come from a file in `folder`.

    Raises:
        PartMissing: the store refuses, and waiting cannot mend that.
        Unavailable: the store does not answer, cannot do its work now, or is not prepared: then nothing is written to
            its folder, on which a disk may not be mounted.
    """
    # `check` comes first: where nobody answers, it gives up sooner than the others.
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
