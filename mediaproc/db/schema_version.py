"""Which version the database's tables have, and whether this program can work with them."""

from sqlalchemy import Connection, text

from mediaproc.core.errors import PartMissing

# The newest file under migrations/versions; a test compares them.
SCHEMA_REVISION = "0026"

# Ours alone: alembic's default table belongs to whichever application of this database came first.
VERSION_TABLE = "mediaproc_version"

# The revisions that releases before that table wrote into alembic's default table, and the tables that they made.
_EARLIER_REVISIONS = ("0001", "0002", "0003", "0004", "0005")
_EARLIER_TABLES = ("media_executor", "media_files", "media_process", "media_process_attempt", "media_process_history")


def current_revision(connection: Connection) -> str | None:
    """The revision of our tables, or None where nothing was ever migrated."""
    if not _there(connection, VERSION_TABLE):
        return _revision_of_an_earlier_release(connection)
    revision: str | None = connection.scalar(text("SELECT version_num FROM mediaproc_version"))
    return revision


def require_known_revision(connection: Connection) -> str:
    """The tables' revision, which is this program's own or a newer one that still serves it.

    Raises:
        PartMissing: they are older, too new or not there; the sentence names the command that mends it.
    """
    found = current_revision(connection)
    if found is None:
        raise PartMissing("The database has no tables of mediaproc yet: run `mediaproc migrate`.")
    if found < SCHEMA_REVISION:
        raise PartMissing(
            f"The database's tables are of revision {found}, older than this mediaproc's {SCHEMA_REVISION}:"
            " run `mediaproc migrate`."
        )
    if found > SCHEMA_REVISION and _oldest_client(connection) > SCHEMA_REVISION:
        raise unknown_revision(found)
    return found


def unknown_revision(found: str) -> PartMissing:
    """The error for tables of another mediaproc with which this one cannot work."""
    relation = (
        "too new for this mediaproc's" if found > SCHEMA_REVISION else "which this mediaproc does not know; its is"
    )
    return PartMissing(
        f"The database's tables are of revision {found}, {relation} {SCHEMA_REVISION}:"
        " install the mediaproc that made them on this node (`pip install --upgrade mediaproc`)."
    )


def require_free_names(connection: Connection) -> None:
    """Passes when no table is in the way of ours.

    Raises:
        PartMissing: there are some, and nothing says that a mediaproc made them.
    """
    taken = _there(connection, *_EARLIER_TABLES)
    if taken:
        raise PartMissing(
            f"The database has {', '.join(taken)} already, and no table says that mediaproc made them:"
            " give mediaproc a database of its own."
        )


def _oldest_client(connection: Connection) -> str:
    oldest: str = connection.execute(text("SELECT oldest_client FROM mediaproc_version")).scalar_one()
    return oldest


def _revision_of_an_earlier_release(connection: Connection) -> str | None:
    """The revision in alembic's default table if our tables are there; without them that table is another program's."""
    if len(_there(connection, *_EARLIER_TABLES)) < len(_EARLIER_TABLES) or not _there(connection, "alembic_version"):
        return None
    revision: str | None = connection.scalar(
        text("SELECT version_num FROM alembic_version WHERE version_num = ANY (:known)"),
        {"known": list(_EARLIER_REVISIONS)},
    )
    return revision


def _there(connection: Connection, *tables: str) -> list[str]:
    """The tables of these names that exist."""
    statement = text("SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NOT NULL")
    return list(connection.scalars(statement, {"names": list(tables)}))
