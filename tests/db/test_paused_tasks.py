"""What is paused no claim takes, from the pause's commit on and without a notification; what is lifted is due again."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from mediaproc.core.pause import Scope
from mediaproc.core.shard import Shard
from mediaproc.db import pauses
from mediaproc.db.notifications import CONTROL
from mediaproc.db.tasks import claim as claim_module
from mediaproc.db.tasks import looks
from mediaproc.db.tasks.claim import Claimant, claim_due, claim_overdue, claim_stolen
from mediaproc.db.tasks.due_tasks import has_unfinished
from tests.db.task_rows import add_tasks, claimant

ME = claimant()
OTHER = claimant()


@pytest.fixture
def due(engine: Engine) -> Engine:
    """Four tasks of two profiles, due for long."""
    add_tasks(engine, count=4)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET next_attempt_at = now() - interval '1 h',"
                " profile = CASE WHEN id % 2 = 0 THEN 'mp4' ELSE 'gif' END"
            )
        )
    return engine


def _pause(engine: Engine, scope: Scope, *, seconds: float | None = None) -> None:
    until = None if seconds is None else timedelta(seconds=seconds)
    with engine.begin() as connection:
        pauses.pause(connection, scope=scope, until=until, because=None, actor="ann@desk")


def _claimable(engine: Engine, by: Claimant = ME) -> list[tuple[int, str]]:
    """What each kind of look would take; nothing is kept."""
    with engine.connect() as connection:
        tasks = claim_due(connection, claimant=by, limit=10)
        connection.rollback()
        for other_way in (_overdue, _stolen):
            found = other_way(engine, by)
            assert found <= {task.id for task in tasks}
            assert bool(found) == bool(tasks)
    return [(task.id % 2, task.profile) for task in tasks]


def _overdue(engine: Engine, by: Claimant) -> set[int]:
    with engine.connect() as connection:
        return {task.id for task in claim_overdue(connection, claimant=_owner_of_nothing(by), due_for=60.0)}


def _stolen(engine: Engine, by: Claimant) -> set[int]:
    with engine.connect() as connection:
        nobody = _owner_of_nothing(by)
        return {task.id for task in claim_stolen(connection, claimant=nobody, limit=10, due_for=60.0)}


def _owner_of_nothing(by: Claimant) -> Claimant:
    """The same executor with a shard that owns none of them, so that each is another's."""
    return Claimant(executor_id=by.executor_id, shard=Shard(99_999, 100_000), lease=60.0)


ALL = [(0, "mp4"), (0, "mp4"), (1, "gif"), (1, "gif")]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (Scope(), []),
        (Scope(executor_id=ME.executor_id), []),
        (Scope(executor_id=OTHER.executor_id), ALL),
        (Scope(profile="gif"), ALL[:2]),
        (Scope(profile="poster"), ALL),
        (Scope(shard=Shard(1, 2)), ALL[:2]),
        (Scope(shard=Shard(0, 1)), []),
    ],
    # Without the random ids, which each worker would have its own of.
    ids=["everything", "this executor", "another one", "a profile", "an unused profile", "a shard", "the one shard"],
)
def test_no_look_of_a_claim_takes_what_is_paused(due: Engine, scope: Scope, left: list[tuple[int, str]]) -> None:
    assert sorted(_claimable(due)) == ALL
    _pause(due, scope)
    assert sorted(_claimable(due)) == left
    with due.begin() as connection:
        assert pauses.resume(connection, scope=scope)
        assert not pauses.resume(connection, scope=scope)
    assert sorted(_claimable(due)) == ALL


def test_without_the_condition_a_claim_would_take_it(due: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(looks, "not_paused", lambda: text("true"))
    claim_module._claim_of.cache_clear()  # noqa: SLF001
    try:
        _pause(due, Scope())
        assert sorted(_claimable(due)) == ALL
    finally:
        claim_module._claim_of.cache_clear()  # noqa: SLF001


def test_several_pauses_add_up_and_each_is_lifted_by_itself(due: Engine) -> None:
    for scope in (Scope(profile="gif"), Scope(shard=Shard(0, 2)), Scope(executor_id=OTHER.executor_id)):
        _pause(due, scope)
    assert _claimable(due) == []
    with due.begin() as connection:
        assert not pauses.resume(connection, scope=Scope())
        assert pauses.resume(connection, scope=Scope(shard=Shard(0, 2)))
    assert sorted(_claimable(due)) == ALL[:2]
    assert _claimable(due, OTHER) == []


def test_a_pause_ends_by_itself_and_its_row_can_go(due: Engine) -> None:
    _pause(due, Scope(), seconds=3600)
    assert _claimable(due) == []
    with due.begin() as connection:
        connection.execute(text("UPDATE media_pause SET created_at = now() - interval '2 h', until = now()"))
    assert sorted(_claimable(due)) == ALL
    with due.begin() as connection:
        assert pauses.pauses_in_force(connection) == []
        assert not pauses.resume(connection, scope=Scope())
        pauses.delete_ended(connection)
        assert connection.scalar(text("SELECT count(*) FROM media_pause")) == 0


def test_to_pause_again_replaces_the_end_and_the_reason(engine: Engine) -> None:
    _pause(engine, Scope(profile="gif"), seconds=3600)
    with engine.begin() as connection:
        again = pauses.pause(connection, scope=Scope(profile="gif"), until=None, because="A bug.", actor="bob@desk")
        assert again is None
        (found,) = pauses.pauses_in_force(connection)
    assert (found.scope, found.until, found.because, found.actor) == ("profile gif", None, "A bug.", "bob@desk")


@pytest.mark.parametrize("scope", [Scope(), Scope(profile="gif"), Scope(shard=Shard(1, 2))], ids=str)
def test_what_is_paused_holds_no_executor_that_runs_until_it_is_idle(due: Engine, scope: Scope) -> None:
    def unfinished(*, unless_paused: bool) -> bool:
        with due.connect() as connection:
            return has_unfinished(
                connection,
                shard=Shard(1, 2),
                only=None,
                unless_paused_for=ME.executor_id if unless_paused else None,
            )

    assert unfinished(unless_paused=True)
    _pause(due, scope)
    assert not unfinished(unless_paused=True)
    assert unfinished(unless_paused=False)


@pytest.mark.parametrize(
    "values",
    [
        "('everything', NULL, 0, 2, NULL)",
        "('profile gif', NULL, NULL, NULL, NULL)",
        "('shard 2/2', NULL, 2, 2, NULL)",
        "('shard 0/2', NULL, 0, NULL, NULL)",
        f"('profile gif', 'gif', NULL, NULL, '{UUID(int=7)}')",
    ],
)
def test_a_row_that_means_nothing_is_refused(engine: Engine, values: str) -> None:
    columns = "scope, profile, shard_index, shard_total, executor_id, actor"
    row = f"{values[:-1]}, 'ann@desk')"
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text(f"INSERT INTO media_pause ({columns}) VALUES {row}"))  # noqa: S608


def test_executors_are_told_of_a_pause_and_of_its_end_at_their_commits(engine: Engine, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CONTROL}".encode())
        _pause(engine, Scope())
        assert [note.channel for note in listener.notifies(timeout=30, stop_after=1)] == [CONTROL]
        with engine.begin() as connection:
            assert pauses.resume(connection, scope=Scope())
        assert [note.channel for note in listener.notifies(timeout=30, stop_after=1)] == [CONTROL]
