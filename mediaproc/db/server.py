"""Facts about the database server for `mediaproc doctor`: its version, clock and connections."""

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """Its version, its clock (seconds since 1970) and how many connections it allows and has."""

    version: str
    clock: float
    connections: int
    max_connections: int


def server_facts(connection: Connection) -> ServerFacts:
    """The server's facts; needs none of this program's tables."""
    row = connection.execute(
        text(
            "SELECT current_setting('server_version') AS version,"
            " extract(epoch FROM clock_timestamp())::float8 AS clock,"
            # Not from pg_stat_activity, which says little of sessions of other roles.
            " (SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,"
            " current_setting('max_connections')::int AS max_connections"
        )
    ).one()
    return ServerFacts(
        version=row.version, clock=row.clock, connections=row.connections, max_connections=row.max_connections
    )
