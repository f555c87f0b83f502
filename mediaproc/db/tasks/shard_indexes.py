"""An index for the claims of each shard total that living executors use."""

from sqlalchemy import Connection, text

# To build an index keeps every claim, renewal and verdict waiting, half a second to four for a million tasks: no lease
# runs out in the time that twice as many take.
_MOST_ROWS = 2_000_000

FUNCTION = "media_process_index_totals(bigint)"


def index_totals(connection: Connection) -> bool:
    """Make the indexes that are missing and drop those that nobody uses; returns whether every total has its own.

    One that is missing costs speed alone. It is left for later where the table is too large to keep writers waiting,
    where another transaction holds the table's lock, and where another executor is about it.
    """
    return bool(connection.scalar(text("SELECT media_process_index_totals(:most_rows)"), {"most_rows": _MOST_ROWS}))
