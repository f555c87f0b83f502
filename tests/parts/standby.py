"""A server whose synchronous standby is away, so that its COMMITs hang."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.parts.postgres import PostgresServer
from tests.parts.waiting import until


@contextmanager
def without_its_standby(server: PostgresServer) -> Iterator[None]:
    """Inside the block every COMMIT that waits for a standby waits until the end of the block."""
    with ThreadPoolExecutor(1) as threads:

        def hangs() -> bool:
            commit = threads.submit(server.execute, "SELECT pg_logical_emit_message(true, 'test', 'test')")
            until(lambda: commit.done() or waiting_for_a_standby(server, "postgres"))
            return not commit.done()

        server.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
        server.execute("SELECT pg_reload_conf()")
        try:
            until(hangs)
            yield
        finally:
            server.execute("ALTER SYSTEM RESET synchronous_standby_names")
            server.execute("SELECT pg_reload_conf()")


def waiting_for_a_standby(server: PostgresServer, name: str) -> bool:
    """Whether a COMMIT in this database waits for a standby."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()"
    return bool(server.execute(waiting, name=name))
