"""Whether a COMMIT waits for a synchronous standby; it need not where a failover may lose the write without harm.

That is so for claims and renewals. While a synchronous standby is away every other COMMIT hangs, and a claim whose
renewal hangs is lost. A failover that loses a claim does no harm: its token is gone, so that writes with it change
nothing.
"""

from typing import cast

from sqlalchemy import Connection, text

from mediaproc.db.engine import TimeLimitedConnection

# A weaker setting of the site stays.
_FOR_SESSION, _FOR_TRANSACTION = (
    text(
        f"SELECT set_config('synchronous_commit', 'local', {is_local})"
        " WHERE current_setting('synchronous_commit') NOT IN ('local', 'off')"
    )
    for is_local in ("false", "true")
)


def set_for_transaction(connection: Connection, *, waits_for_standby: bool) -> None:
    """Decide for the transaction that begins here whether its COMMIT waits for a standby."""
    commits_here = _driver(connection).commits_here
    if waits_for_standby and commits_here:
        connection.execute(text("SET LOCAL synchronous_commit TO DEFAULT"))
    elif not waits_for_standby and not commits_here:
        connection.execute(_FOR_TRANSACTION)


def set_for_session(connection: Connection, *, waits_for_standby: bool) -> None:
    """Decide the same for the statements that follow in this session, outside of transactions.

    The session keeps it, so that the next one which wants the same needs no statement for that.
    """
    driver = _driver(connection)
    if driver.commits_here is waits_for_standby:
        connection.execute(text("RESET synchronous_commit") if waits_for_standby else _FOR_SESSION)
        driver.commits_here = not waits_for_standby


def _driver(connection: Connection) -> TimeLimitedConnection:
    return cast("TimeLimitedConnection", connection.connection.dbapi_connection)
