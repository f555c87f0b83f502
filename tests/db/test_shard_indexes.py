"""Each total that living executors use has an index for its claims, and no other total has."""

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.errors import Unavailable
from mediaproc.core.shard import Shard
from mediaproc.db.database import Database
from mediaproc.db.executor_registry import register
from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.db.tasks import shard_indexes
from mediaproc.db.tasks.shard_indexes import index_totals
from tests.db.task_rows import add_tasks, claim_one, registration

_TOTALS = """
SELECT substring(indexname FROM '_([0-9]+)_idx$')::integer AS total
FROM pg_indexes WHERE indexname ~ '^media_process_claim_[0-9]+_idx$' ORDER BY total
"""


def test_each_total_of_living_executors_gets_its_index(engine: Engine) -> None:
    with engine.begin() as connection:
        _use(connection, Shard(0, 1), Shard(0, 50), Shard(3, 50), Shard(0, 7))
        assert index_totals(connection)
        assert _indexed(connection) == [7, 50]
        # Again, for the next executor that starts.
        assert index_totals(connection)


def test_three_totals_at_most_the_most_used_ones(engine: Engine) -> None:
    """Each index costs every insert and every claim; wrong totals, as from a typing error, do not pile up."""
    with engine.begin() as connection:
        _use(connection, *(Shard(index, total) for total in (2, 3, 4, 5) for index in range(total)))
        index_totals(connection)
        assert _indexed(connection) == [3, 4, 5]


@pytest.mark.parametrize(
    "gone", ["state = 'stopped'", "heartbeat_at = now() - interval '2 minutes'", "confined = true"]
)
def test_who_claims_nothing_of_a_shard_gets_none(engine: Engine, gone: str) -> None:
    with engine.begin() as connection:
        _use(connection, Shard(0, 50))
        connection.execute(text(f"UPDATE media_executor SET {gone}"))  # noqa: S608 - words of our own
        assert index_totals(connection)
        assert _indexed(connection) == []


def test_the_index_of_a_total_that_nobody_has_used_for_a_day_is_dropped(engine: Engine) -> None:
    with engine.begin() as connection:
        _use(connection, Shard(0, 50))
        assert index_totals(connection)
        connection.execute(text("UPDATE media_executor SET heartbeat_at = now() - interval '23 hours'"))
        assert index_totals(connection)
        assert _indexed(connection) == [50]
        connection.execute(text("UPDATE media_executor SET heartbeat_at = now() - interval '25 hours'"))
        assert index_totals(connection)
        assert _indexed(connection) == []


def test_a_table_too_large_to_keep_writers_waiting_is_left_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tasks(engine, count=20)
    monkeypatch.setattr(shard_indexes, "_MOST_ROWS", 10)
    with engine.begin() as connection:
        _use(connection, Shard(0, 50))
        connection.execute(text("ANALYZE media_process"))
        assert not index_totals(connection)
        assert _indexed(connection) == []


def test_a_table_that_another_transaction_writes_to_is_left_for_later(engine: Engine) -> None:
    add_tasks(engine, count=1)
    with engine.begin() as connection:
        _use(connection, Shard(0, 50))
    with engine.begin() as other:
        other.execute(text("UPDATE media_process SET priority = 5"))
        with pytest.raises(Unavailable, match="lock timeout"), Database(engine).write() as connection:
            index_totals(connection)
    # Nothing of it is left in the way.
    claim_one(engine)


def test_of_two_at_once_only_one_is_about_it(engine: Engine) -> None:
    with engine.begin() as first, engine.begin() as second:
        _use(first, Shard(0, 50))
        assert index_totals(first)
        assert not index_totals(second)


def test_an_executor_that_owns_no_table_may_ask_for_it(engine: Engine) -> None:
    with engine.begin() as connection:
        _use(connection, Shard(0, 50))
        connection.execute(text(f"SET LOCAL ROLE {DEFAULT_NAMES['executor']}"))
        assert index_totals(connection)
        assert _indexed(connection) == [50]


def _use(connection: Connection, *shards: Shard) -> None:
    for shard in shards:
        register(connection, registration=registration(shard=shard))


def _indexed(connection: Connection) -> list[int]:
    """The totals that have an index."""
    return list(connection.scalars(text(_TOTALS)))
