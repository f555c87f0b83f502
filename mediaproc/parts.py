"""The parts of a command: the database and the store that its settings name, or those of this machine.

A command that only reads and writes the tables needs nothing else, and starts without what does the work (`app`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mediaproc.config import Settings
from mediaproc.core.errors import PartMissing
from mediaproc.db.database import Database
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.tasks.release import release_all
from mediaproc.embedded import private_server
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The settings, the database and the store of a command. Nothing has been asked of them yet."""

    settings: Settings
    database: Database
    store: Store

    def require_schema(self) -> None:
        """Passes when the database answers and its tables serve this version.

        Raises:
            Unavailable, PartMissing
        """
        require_schema(self.database)


@contextmanager
def open_database(
    settings: Settings, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
) -> Iterator[Database]:
    """The database that the settings name; without one, this machine's embedded server with this version's tables."""
    with _database_url(settings) as url:
        database = Database.at(
            url, application_name=application_name, connections=connections, has_statement_timeout=has_statement_timeout
        )
        try:
            yield database
        finally:
            database.close()


@contextmanager
def open_parts(
    settings: Settings, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
) -> Iterator[Parts]:
    """The database and the store that the settings name; without them, those of this machine.

    An embedded database gets this version's tables; a configured one keeps what it has. Without `has_statement_timeout`
    it is for migrations, as in `Database.at`.
    """
    with open_database(
        settings,
        application_name=application_name,
        connections=connections,
        has_statement_timeout=has_statement_timeout,
    ) as database:
        yield Parts(settings=settings, database=database, store=find_store(settings))


def require_schema(database: Database) -> None:
    """As `Parts.require_schema`, of a command that opens no store."""
    with database.read() as connection:
        require_known_revision(connection)


def find_store(settings: Settings) -> Store:
    """The store that the settings name; without one, a directory in the home of this machine.

    Raises:
        PartMissing: the directory cannot be made.
        WrongUse: the URL is no store's.
    """
    if settings.store_url is not None:
        return open_store(settings.store_url)
    # Only this directory is made here: a configured one that is not there may be a disk that is not mounted.
    folder = settings.home.absolute() / "store"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PartMissing(
            f"The folder {folder} cannot be made ({error.strerror}): set MEDIAPROC_HOME to one that can."
        ) from error
    return DirectoryStore(folder, is_own=True)


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with private_server(settings.home.absolute(), when_alone=_begin_alone) as url:
        yield url


def _begin_alone(url: str) -> None:
    """Make the tables of the embedded server, and release the tasks of dead executors: no other command uses it now."""
    # Imported here, since a daemon with a configured database needs no alembic.
    from mediaproc.db.migrate import migrate  # noqa: PLC0415

    database = Database.at(url, has_statement_timeout=False)
    try:
        migrate(database)
        with database.write() as connection:
            release_all(connection)
    finally:
        database.close()
