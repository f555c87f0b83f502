"""How much disk each of our tables takes."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from mediaproc.db.schema import metadata


def disk_use(connection: Connection) -> Mapping[str, int]:
    """Bytes by table, with its indexes and its long values, the largest first; it reads no row."""
    rows = connection.execute(
        text(
            "SELECT relname, pg_total_relation_size(oid) AS size FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname = ANY (:tables)"
            " ORDER BY size DESC, relname"
        ),
        {"tables": sorted(metadata.tables)},
    )
    return {row.relname: row.size for row in rows}
