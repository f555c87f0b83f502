"""Waits that cost less than the product's: there one daemon has a node to itself, here a thousand share two cores.

What they wait for, and when they go on, is the same.
"""

import gc
import select
import sys
import threading
from typing import Any

from mediaproc import slots
from mediaproc.db.listener import Heard, Listener
from mediaproc.signals import Stop
from tests.fleet.simulated_parts import stand_in

# Each thread that waits for Python's lock asks for it so often, in seconds: thousands would do nothing else.
_SWITCH_INTERVAL = 0.1
# An attempt that waits for a slot looks so often, in seconds, whether it shall stop; it is woken for its slot.
_SLOT_LOOK = 10.0
# Objects from one collection to the next.
_COLLECTED_AFTER = 100_000
# A daemon's main thread only waits for its end; here so many times as long.
_LONGER = 25


class PatientStop(Stop):
    """For the daemons of one process together."""

    def __init__(self) -> None:
        super().__init__()
        self.drain = _PatientEvent()


class _PatientEvent(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(None if timeout is None else _LONGER * timeout)


def lighten_waits() -> None:
    """From here on listeners wait for their sockets in the kernel alone: the driver looks ten times a second."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    # The garbage collector looks at hundreds of daemons each time, and finds little.
    gc.set_threshold(_COLLECTED_AFTER)
    stand_in(slots, "_LOOK_EVERY", _SLOT_LOOK)
    hear = Listener.hear

    def hear_when_readable(listener: Listener, *, seconds: float) -> Heard:
        driver: Any = listener._driver  # noqa: SLF001 - its socket
        if not driver.closed and not driver._notifies_backlog:  # noqa: SLF001 - what a statement's answer brought along
            poll = select.poll()
            poll.register(driver.fileno(), select.POLLIN)
            if not poll.poll(1000 * seconds):
                return Heard()
        return hear(listener, seconds=0)

    stand_in(Listener, "hear", hear_when_readable)
