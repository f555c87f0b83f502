"""Bring the database's tables to the version that this program knows, with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from mediaproc.db.database import Database
from mediaproc.db.faults import translated
from mediaproc.db.schema_version import (
    SCHEMA_REVISION,
    current_revision,
    require_free_names,
    require_known_revision,
    unknown_revision,
)

# Any number that nothing else uses as an advisory lock; two migrations at once wait for each other on it.
_MIGRATION_LOCK = 0x6D656469


def migrate(database: Database) -> tuple[str | None, str]:
    """Apply the migrations that are missing, under a lock; returns the revision before and after.

    Wants a database without a statement timeout, and waits for another migration as long as that takes. Newer tables
    that serve this program stay as they are.

    Raises:
        PartMissing: the tables are of a revision with which this program cannot work, or are not ours.
        Unavailable, PartMissing: as for any use of the database.
    """
    with translated(), database.engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        connection.commit()
        try:
            return _upgrade(connection)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _MIGRATION_LOCK})


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    before, configured = current_revision(connection), configuration(connection)
    if before is None:
        require_free_names(connection)
    elif before > SCHEMA_REVISION:
        return before, require_known_revision(connection)
    elif before not in _known_revisions(configured):
        raise unknown_revision(before)
    # Alembic commits no transaction but those that it began.
    connection.commit()
    if before is not None:
        # An earlier release wrote the revision elsewhere; it stays there for the nodes that still run that release.
        command.stamp(configured, before)
    command.upgrade(configured, SCHEMA_REVISION)
    connection.commit()
    return before, SCHEMA_REVISION


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, with the connection for it to use."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _known_revisions(configured: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(configured).walk_revisions()}


def migrations_folder() -> Path:
    """Inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"
