"""More ids than a statement may have parameters: what `transcode` asks for when it is given so many files."""

from collections.abc import Collection

import pytest
from sqlalchemy import Connection, Engine

from mediaproc.core.shard import Shard
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.due_tasks import has_unfinished
from mediaproc.db.views import tasks
from mediaproc.db.views.attempts import endings_of
from tests.db.sample_rows import claimed, complete, executor
from tests.db.task_rows import add_tasks, claimant, task_row

# The protocol counts a statement's parameters with 16 bits.
MANY = 70_000
ABSENT = range(1_000_000, 1_000_000 + MANY)


def test_a_claim_confined_to_many_tasks_takes_these_and_no_other(engine: Engine) -> None:
    other, first, second, third = add_tasks(engine, count=4)
    only = [*ABSENT, third, second, first]
    with engine.begin() as connection:
        (latest,) = claim_due(connection, claimant=claimant(), limit=1, only=only)
        following = claim_due(connection, claimant=claimant(), limit=9, only=only, after=latest)
    assert [task.id for task in (latest, *following)] == [first, second, third]
    row = task_row(engine, other)
    assert row is not None
    assert row.status == "pending"


def test_many_tasks_are_unfinished_while_one_of_them_is(engine: Engine) -> None:
    other, mine = add_tasks(engine, count=2)
    with engine.begin() as connection:
        assert has_unfinished(connection, shard=Shard(0, 1), only=[*ABSENT, mine])
        assert not has_unfinished(connection, shard=Shard(0, 1), only=ABSENT)
        assert tasks.unfinished(connection, ids=[*ABSENT, mine, other]) == {mine, other}


def test_many_tasks_are_looked_up_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        done, waiting, _other = add_tasks(engine, count=3)
        complete(connection, claimed(connection, executor(connection)))
        ids = [*ABSENT, done, waiting]
        assert [line.id for line in tasks.tasks_named(connection, ids=ids)] == [done, waiting]
        assert list(endings_of(connection, ids=ids)) == [done]


@pytest.mark.parametrize("none", [(), frozenset()], ids=["tuple", "set"])
def test_of_no_ids_there_is_no_task(engine: Engine, none: Collection[int]) -> None:
    add_tasks(engine, count=2)
    with engine.begin() as connection:
        assert not _found(connection, none)


def _found(connection: Connection, ids: Collection[int]) -> list[object]:
    """What each of the statements finds."""
    return [
        *claim_due(connection, claimant=claimant(), limit=9, only=ids),
        *tasks.tasks_named(connection, ids=ids),
        *tasks.unfinished(connection, ids=ids),
        *endings_of(connection, ids=ids),
        *([True] if has_unfinished(connection, shard=Shard(0, 1), only=ids) else []),
    ]
