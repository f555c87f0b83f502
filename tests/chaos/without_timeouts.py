"""`mediaproc` whose waits for an answer of database and store have no end: only what bounds a drain can end it."""

from mediaproc.cli import main
from mediaproc.db import engine
from mediaproc.store import transport

if __name__ == "__main__":
    engine.PunctualConnection.answer_timeout = None
    engine.TCP_USER_TIMEOUT = engine.CONNECT_TIMEOUT = engine.STATEMENT_TIMEOUT = 3600
    transport.READ_TIMEOUT = transport.CHECK_READ_TIMEOUT = 3600
    main()
