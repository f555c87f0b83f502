"""A store whose deletions can be made to fail, before an object is gone and after it."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.store.directory import DirectoryStore


class FaultyStore(DirectoryStore):
    """`before_delete` and `after_delete` are called with each key, and may raise."""

    before_delete: Callable[[str], None] = staticmethod(lambda _key: None)
    after_delete: Callable[[str], None] = staticmethod(lambda _key: None)

    def delete(self, key: str) -> None:
        """As the directory does, between the two calls."""
        self.before_delete(key)
        super().delete(key)
        self.after_delete(key)

    def fill(self, key: str, *, folder: Path) -> None:
        """An object of some bytes under the key."""
        path = folder / "bytes"
        path.write_bytes(key.encode())
        checksum = hashlib.sha256(key.encode()).hexdigest()
        self.put(key, path, sha256=checksum, content_type="video/mp4", stop=threading.Event())


def refused(key: str) -> None:
    """As a store answers that keeps the object, such as under a legal hold."""
    raise Unavailable(f"The object {key} is under a legal hold.", error_class=ErrorClass.STORE_UNAVAILABLE)


class Killed(BaseException):
    """The process ends here, as far as the code under test can tell: nothing of it runs any more."""


def killed(_key: str) -> None:
    """End the process as SIGKILL would: what it has not committed is rolled back."""
    raise Killed
