"""The one way to the database: transactions whose faults are this project's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, Engine

from mediaproc.db.durability import set_for_session, set_for_transaction
from mediaproc.db.engine import connect, is_pooled
from mediaproc.db.faults import translated
from mediaproc.db.prepared_statements import prepared
from mediaproc.db.read_timeout import limit_statements
from mediaproc.db.url import whereabouts

# What the transactions yield and each statement of this package takes; other packages only pass it on.
__all__ = ["Connection", "Database"]


@dataclass(frozen=True)
class Database:
    """A pool of connections; many threads may use it at a time, each in a transaction of its own.

    `engine` is for the modules of this package. A transaction raises Unavailable where waiting may help, PartMissing
    where it cannot, and WrongUse for a URL with a value that cannot be; it is rolled back then, as after any error.
    """

    engine: Engine

    @classmethod
    def at(
        cls, url: str, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
    ) -> Self:
        """The database of this URL, as `connect` has it: nothing is asked of it yet.

        Raises:
            WrongUse: the URL is no PostgreSQL URL.
        """
        return cls(
            connect(
                url,
                application_name=application_name,
                connections=connections,
                has_statement_timeout=has_statement_timeout,
            )
        )

    @contextmanager
    def read(self, *, within: float | None = None) -> Iterator[Connection]:
        """A transaction in which the server refuses to change anything; each statement ends `within` so many seconds.

        It ends with COMMIT: at a ROLLBACK psycopg gives up what the session has prepared (`db/prepared_statements.py`).
        """
        with (
            translated(),
            self.engine.connect().execution_options(postgresql_readonly=True) as connection,
            connection.begin(),
        ):
            if within is not None:
                limit_statements(connection, seconds=within)
            yield connection

    @contextmanager
    def write(self, *, waits_for_standby: bool = True) -> Iterator[Connection]:
        """A transaction that is committed at its end.

        With `waits_for_standby` off, its COMMIT waits for this server alone: a failover may lose what it wrote.
        """
        with translated(), self.engine.begin() as connection:
            set_for_transaction(connection, waits_for_standby=waits_for_standby)
            yield connection

    @contextmanager
    def single(self, *, waits_for_standby: bool = True) -> Iterator[Connection]:
        """Statements that are a transaction each, as of `write`: without the round trips of its BEGIN and COMMIT.

        The server plans them once, and once more where they take long. Behind a pooler they are one transaction, which
        sets the timeouts.
        """
        with translated(), self.engine.connect() as connection:
            if is_pooled(connection):
                with connection.begin():
                    set_for_transaction(connection, waits_for_standby=waits_for_standby)
                    yield connection
                return
            connection.execution_options(isolation_level="AUTOCOMMIT")
            set_for_session(connection, waits_for_standby=waits_for_standby)
            with prepared(connection):
                yield connection

    @property
    def whereabouts(self) -> str:
        """The server and the database, for people; no user, no password."""
        return whereabouts(self.engine.url)

    def close(self) -> None:
        """Close the pooled connections that nobody uses."""
        self.engine.dispose()
