"""Lets the daemons of one process share compiled statements: a daemon on a node of its own compiles each once, too.

SQLAlchemy keeps them for each engine. With hundreds of engines in one process, to compile them is most of what a start
costs, and would slow the simulation down, not the database.
"""

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util import LRUCache

from mediaproc.db import engine as product
from tests.fleet.simulated_parts import stand_in


def share_compiled_statements() -> None:
    """From here on every engine of this process keeps its compiled statements in the same place."""
    shared: LRUCache[Any, Any] = LRUCache(2000)
    # The dialect is part of a compiled statement's key: those of one class, connected to one server, compile alike.
    stand_in(PGDialect_psycopg, "__hash__", lambda dialect: hash(type(dialect)))
    stand_in(PGDialect_psycopg, "__eq__", lambda dialect, other: type(dialect) is type(other))

    def create_sharing(*arguments: Any, **named: Any) -> Engine:  # noqa: ANN401
        engine = create_engine(*arguments, **named)
        engine._compiled_cache = shared  # noqa: SLF001 - there is no option for one of one's own
        return engine

    stand_in(product, "create_engine", create_sharing)
