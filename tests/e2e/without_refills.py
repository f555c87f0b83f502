"""`mediaproc` that claims only at a tick or a notification: the negative control of the test of refilled slots."""

from mediaproc.cli import main
from mediaproc.executor.slot_filling import SlotFiller


def leave_it_free(_self: SlotFiller) -> None:
    """Does nothing when a slot has become free."""


if __name__ == "__main__":
    SlotFiller._refill = leave_it_free  # type: ignore[assignment,method-assign]  # noqa: SLF001 - the guard under test
    main()
