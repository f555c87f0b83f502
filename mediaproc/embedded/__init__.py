"""A private PostgreSQL for one machine: found, made, started, shared by commands, and ended with the last of them.

    with private_server(home, when_alone=release_everything) as url:
        ...

Every user of the server holds a shared lock on a file for as long as it lives, so the kernel counts the users, also
those that are killed. A supervisor process owns the server and waits for that lock exclusively; when the supervisor
gets it, no user is left, and it ends the server at once.

Start at `server.py`: a command becomes a user there, and the first one starts the supervisor. Then `supervisor.py`:
how long the server stays, its settings, its restart after a crash. `server_folder.py` has the files and the locks,
`cluster.py` the data folder and one run of the server, `binaries.py` finds PostgreSQL, `server_user.py` and
`server_environment.py` say as whom and with which variables its programs run.
"""

from mediaproc.embedded.server import private_server

__all__ = ["private_server"]
