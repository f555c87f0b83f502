"""Who acts from a terminal: the user and the machine, for the line of audit."""

import os
import pwd
import socket

from mediaproc.core.safe_text import shown


def actor() -> str:
    """`user@host`; the user's number where it has no name."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    return shown(f"{name}@{socket.gethostname()}", limit=200)
