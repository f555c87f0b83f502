"""What an attempt may wait for between two stages; other attempts of its executor have it."""

from enum import StrEnum


class Wait(StrEnum):
    """As the log's event says it."""

    # Other encodes have the slots.
    SLOT = "waits_for_slot"
    # The attempts that run may still fill the scratch disk.
    DISK = "waits_for_disk"
    # The encodes that run have the memory.
    MEMORY = "waits_for_memory"
