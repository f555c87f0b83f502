"""The database's server, its clock beside ours, its connections, and our tables in it."""

from collections.abc import Iterator

from sqlalchemy import Engine

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db.engine import is_pooled
from mediaproc.db.faults import translated
from mediaproc.db.pooler import is_shared
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.server import server_facts
from mediaproc.db.url import whereabouts
from mediaproc.doctor.findings import REACH, Finding, State, clock_finding, fine, missing


def examine_database(engine: Engine) -> Iterator[Finding]:
    """The server, its clock beside ours, its connections, and our tables in it."""
    try:
        with translated(), engine.begin() as connection:
            facts = server_facts(connection)
            wall = clock.wall_time()
            yield fine("database", f"PostgreSQL {facts.version} at {whereabouts(engine.url)}")
            yield clock_finding(wall - facts.clock, of="database")
            yield _connections(facts.connections, of=facts.max_connections)
            yield fine("schema", f"revision {require_known_revision(connection)}")
        yield from _pooler(engine)
    except PartMissing as error:
        yield missing("schema" if "mediaproc migrate" in str(error) else "database", error)
    except Unavailable as error:
        yield missing("database", error, otherwise=REACH.format(f"at {whereabouts(engine.url)}", setting="DATABASE"))


def _connections(count: int, *, of: int) -> Finding:
    fact = f"{count} of {of} connections in use"
    if count < 0.8 * of:
        return fine("connections", fact)
    remedy = (
        "Raise max_connections, or let enqueues go through a pooler in transaction mode. Executors need their sessions:"
        " in session mode a pooler saves them no connection, in transaction mode nothing wakes them."
    )
    return Finding(part="connections", state=State.WARNING, fact=fact, remedy=remedy)


def _pooler(engine: Engine) -> Iterator[Finding]:
    with translated(), engine.connect() as connection:
        shared = is_shared(connection, engine=engine)
        if not is_pooled(connection):
            return
    if shared:
        yield Finding(
            part="pooler",
            state=State.WARNING,
            fact="it lends sessions by transaction: only ticks find tasks, and only leases tell who died",
            remedy="Point executors at PostgreSQL itself, or at a pool in session mode (pool_mode = session).",
        )
    else:
        yield fine("pooler", "it keeps a session for each connection")
