"""Whether a COMMIT waits for a synchronous standby; it need not where a failover may lose the write without harm."""

from sqlalchemy import Connection, text

# A weaker setting of the site stays.
_WAIT_FOR_NO_STANDBY = text(
    "SELECT set_config('synchronous_commit', 'local', true)"
    " WHERE current_setting('synchronous_commit') NOT IN ('local', 'off')"
)


def wait_for_no_standby(connection: Connection) -> None:
    """Let the COMMIT of the transaction that begins here wait for no standby.

    For claims and renewals. While a synchronous standby is away every other COMMIT hangs, and a claim whose renewal
    hangs is lost. A failover that loses a claim does no harm: its token is gone, so that writes with it change nothing.
    """
    connection.execute(_WAIT_FOR_NO_STANDBY)
