"""A child that runs a shell's script after its start handshake, for the tests of children and their watchdog."""

import threading

from mediaproc.ffmpeg.child import Ended, run
from mediaproc.ffmpeg.watchdog import WatchdogLimits

GENEROUS = WatchdogLimits(wall=60)


# A shell that does the child's half of the start handshake, and then becomes the command behind it.
AWAIT_START = ("/bin/sh", "-c", 'echo && read -r _ && exec "$@"', "sh")


def shell(
    script: str, *, limits: WatchdogLimits = GENEROUS, stop: threading.Event | None = None
) -> tuple[Ended, bytes]:
    written = bytearray()
    ended = run(
        [*AWAIT_START, "/bin/sh", "-c", script], limits=limits, stop=stop or threading.Event(), on_output=written.extend
    )
    return ended, bytes(written)
