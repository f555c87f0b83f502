"""Waits that cost less than the product's: there one daemon has a node to itself, here a thousand share two cores.

What they wait for, and when they go on, is the same.
"""

import gc
import sys
import threading

from mediaproc import slots
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
    """From here on the threads of this process wait for longer at a time."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    # The garbage collector looks at hundreds of daemons each time, and finds little.
    gc.set_threshold(_COLLECTED_AFTER)
    stand_in(slots, "_LOOK_EVERY", _SLOT_LOOK)
