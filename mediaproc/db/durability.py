"""How far a COMMIT waits: for this server alone where a failover may lose what it says without harm."""

from sqlalchemy import Connection, text

# Less than that is left as it is.
_WAIT_FOR_NO_STANDBY = text(
    "SELECT set_config('synchronous_commit', 'local', true)"
    " WHERE current_setting('synchronous_commit') NOT IN ('local', 'off')"
)


def wait_for_no_standby(connection: Connection) -> None:
    """Let the COMMIT of the transaction that begins here wait for no standby.

    For claims and renewals. While a synchronous standby is away every other COMMIT hangs, and a claim whose renewal
    hangs is lost. A claim that a failover forgets is only made again: its token is gone, so that nothing of it counts.
    """
    connection.execute(_WAIT_FOR_NO_STANDBY)
