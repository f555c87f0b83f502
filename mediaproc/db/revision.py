"""Which version the database's tables have, and whether this program knows it."""

from sqlalchemy import Connection, text

from mediaproc.core.errors import PartMissing

# The newest file under migrations/versions; a test compares them.
SCHEMA_REVISION = "0005"


def current_revision(connection: Connection) -> str | None:
    """The revision that alembic wrote down, or None where nothing was ever migrated."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def require_known_revision(connection: Connection) -> None:
    """Passes when the tables are of exactly the version that this program was written for.

    Raises:
        PartMissing: they are older, newer or not there; the sentence names the command that mends it.
    """
    found = current_revision(connection)
    if found == SCHEMA_REVISION:
        return
    if found is None:
        raise PartMissing("The database has no tables of mediaproc yet: run `mediaproc migrate`.")
    if found < SCHEMA_REVISION:
        raise PartMissing(
            f"The database's tables are of revision {found}, older than this mediaproc's {SCHEMA_REVISION}:"
            " run `mediaproc migrate`."
        )
    raise unknown_revision(found)


def unknown_revision(found: str) -> PartMissing:
    """The error for tables that another mediaproc made."""
    relation = (
        "newer than this mediaproc's" if found > SCHEMA_REVISION else "which this mediaproc does not know; its is"
    )
    return PartMissing(
        f"The database's tables are of revision {found}, {relation} {SCHEMA_REVISION}:"
        " install the mediaproc that made them on this node (`pip install --upgrade mediaproc`)."
    )
