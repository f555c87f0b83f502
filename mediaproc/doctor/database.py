"""Examines the database: the server, its clock, its connections, a pooler before it, and our tables."""

from collections.abc import Iterator
from contextlib import suppress
from typing import assert_never

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.shard_fit import misfits
from mediaproc.db.control import read_control
from mediaproc.db.database import Database
from mediaproc.db.pooler import Pooling, find_pooling
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.server import server_facts
from mediaproc.db.views.health_figures import living
from mediaproc.db.webhooks import webhooks
from mediaproc.doctor.findings import REACH, Finding, State, clock_finding, fine, missing


def examine_database(database: Database) -> Iterator[Finding]:
    """The findings on the server, its clock, its connections, our tables, and a pooler."""
    try:
        with database.read() as connection:
            facts = server_facts(connection)
            wall = clock.wall_time()
            yield fine("database", f"PostgreSQL {facts.version} at {database.whereabouts}")
            yield clock_finding(wall - facts.clock, of="database")
            yield _connections(facts.connections, of=facts.max_connections)
            yield fine("schema", f"revision {require_known_revision(connection)}")
        yield from _pooler(find_pooling(database))
        yield from _shards(database)
        yield from _pauses(database)
        yield from _webhooks(database)
    except PartMissing as error:
        yield missing("schema" if "mediaproc migrate" in str(error) else "database", error)
    except Unavailable as error:
        yield missing("database", error, otherwise=REACH.format(f"at {database.whereabouts}", setting="DATABASE"))


def _connections(count: int, *, of: int) -> Finding:
    fact = f"{count} of {of} connections in use"
    if count < 0.8 * of:
        return fine("connections", fact)
    remedy = (
        "Raise max_connections, or let enqueues go through a pooler in transaction mode. Executors need their sessions:"
        " in session mode a pooler saves them no connection, in transaction mode nothing wakes them."
    )
    return Finding(part="connections", state=State.WARNING, fact=fact, remedy=remedy)


def _shards(database: Database) -> Iterator[Finding]:
    """Nothing where this role may not see the executors."""
    with suppress(PartMissing), database.read() as connection:
        # A pause changes nothing of whose shards fit.
        executors = [each for each in living(connection, pauses=()) if not each.confined and not each.is_leaving]
        for sentence in misfits([each.holder for each in executors]):
            fact, _, remedy = sentence.rpartition(": ")
            yield Finding(part="shards", state=State.WARNING, fact=fact, remedy=f"{remedy[:1].upper()}{remedy[1:]}")


def _pauses(database: Database) -> Iterator[Finding]:
    """What a person has paused; nothing where this role may not see it."""
    with suppress(PartMissing), database.read() as connection:
        for sentence in read_control(connection, bucket="", given_up_after=0.0).sentences:
            fact, _, remedy = sentence.rpartition(": ")
            yield Finding(part="pause", state=State.WARNING, fact=fact, remedy=remedy)


def _webhooks(database: Database) -> Iterator[Finding]:
    """Nothing where this role may not see them."""
    with suppress(PartMissing), database.read() as connection:
        for line in webhooks(connection):
            if line.disabled_because is not None or line.dead:
                fact = line.disabled_because or f"messages that were given up: {line.dead}"
                remedy = (
                    f"`mediaproc webhooks list {line.id}` says why; `mediaproc webhooks replay {line.id}` sends again."
                )
                yield Finding(part=f"webhook {line.id}", state=State.WARNING, fact=fact, remedy=remedy)


def _pooler(pooling: Pooling) -> Iterator[Finding]:
    match pooling:
        case Pooling.NONE:
            return
        case Pooling.KEEPS_SESSIONS:
            yield fine("pooler", "it keeps a session for each connection")
        case Pooling.SHARES_SESSIONS:
            yield Finding(
                part="pooler",
                state=State.WARNING,
                fact="it lends sessions by transaction: only ticks find tasks, and only leases tell who died",
                remedy="Point executors at PostgreSQL itself, or at a pool in session mode (pool_mode = session).",
            )
        case _:
            assert_never(pooling)
