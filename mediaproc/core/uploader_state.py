"""Where an upload is in the words of who uploaded it, to whom strikes, claims and backoffs mean nothing."""

from enum import StrEnum

from mediaproc.core.lifecycle import Status, waits_for_a_person


class UploaderState(StrEnum):
    """What becomes of an upload, as far as its uploader is concerned."""

    WAITING = "waiting"
    WORKING = "working"
    TRIED_AGAIN = "tried_again"
    """It went wrong, and goes on by itself."""
    REFUSED = "refused"
    """It went wrong for good, as long as nobody does anything."""
    READY = "ready"
    STOPPED = "stopped"
    """A person cancelled it."""
    GONE = "gone"
    """The video was deleted."""

    @property
    def goes_on(self) -> bool:
        """Whether it changes by itself."""
        return self in {UploaderState.WAITING, UploaderState.WORKING, UploaderState.TRIED_AGAIN}


_BY_STATUS = {
    "pending": UploaderState.WAITING,
    "processing": UploaderState.WORKING,
    "completed": UploaderState.READY,
    "cancelled": UploaderState.STOPPED,
    "deleted": UploaderState.GONE,
}


def uploader_state(status: str, *, fail_count: int) -> UploaderState:
    """The state of a task, or of its row in history; `status` is then its outcome."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    waits = waits_for_a_person(Status(status), fail_count=fail_count)
    return UploaderState.REFUSED if waits else UploaderState.TRIED_AGAIN
