"""`mediaproc` without timeouts for answers of database and store: only a drain's own bounds can end it."""

from mediaproc.cli import main
from mediaproc.db import engine
from mediaproc.store import http_connections

if __name__ == "__main__":
    engine.TimeLimitedConnection.answer_timeout = None
    engine.TCP_USER_TIMEOUT = engine.CONNECT_TIMEOUT = engine.STATEMENT_TIMEOUT = 3600
    http_connections.READ_TIMEOUT = http_connections.CHECK_READ_TIMEOUT = 3600
    main()
