"""A private PostgreSQL for one machine: found, made, started, shared by commands, and ended with the last of them.

    with private_server(home, when_alone=release_everything) as url:
        ...

Every user of the server holds a shared lock on a file for as long as it lives, so the kernel counts them, also those
that are killed. A keeper process owns the server and waits for that lock exclusively; when it gets it, nobody is left.
"""

from mediaproc.embedded.server import private_server

__all__ = ["private_server"]
