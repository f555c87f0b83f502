"""Which kinds of files were verified on this node since its start: the first one of a kind is looked at closely."""

import threading

# An uploader could make any number of kinds; those beyond are all taken to be new.
_MOST_KINDS = 10_000


class KindsSeen:
    """Kinds by their container, codecs and decision; used by all slots at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[tuple[str, ...]] = set()

    def is_first(self, kind: tuple[str, ...]) -> bool:
        """Whether this is the first file of its kind; from now on it is not."""
        with self._lock:
            if kind in self._seen:
                return False
            if len(self._seen) < _MOST_KINDS:
                self._seen.add(kind)
            return True
