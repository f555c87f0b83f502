"""Delete an object, and tell an object that the store refuses to delete from a store that is away."""

from contextlib import suppress

from mediaproc.core.errors import Unavailable
from mediaproc.store.interface import Store


def reason_kept(store: Store, key: str) -> str | None:
    """Deletes the object; None once it is gone, else a sentence on why it stays although the store is there.

    Raises:
        Unavailable: the store is away.
    """
    try:
        store.delete(key)
    except Unavailable as error:
        with suppress(Unavailable):
            if store.is_prepared():
                return f"The object {key} stays. {error}"
        raise
    return None
