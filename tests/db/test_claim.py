import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, Integer, literal, text, update
from sqlalchemy.exc import IntegrityError

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Released, verdict
from mediaproc.core.shard import Shard
from mediaproc.core.task import Report
from mediaproc.db.schema import media_process
from mediaproc.db.tasks import claim, due_tasks
from mediaproc.db.tasks.claim import claim_due, claim_overdue, claim_stolen
from mediaproc.db.tasks.due_tasks import Reach, has_unfinished
from mediaproc.db.tasks.settle import settle_setback
from tests.db.task_rows import add_tasks, attempt_outcomes, claim_one, claimant, task_row, tokens


def test_a_claim_takes_the_due_tasks_of_its_shard_by_position_then_age(engine: Engine) -> None:
    ids = add_tasks(engine, count=6) + add_tasks(engine, count=2, name="urgent", priority=5)
    own = [task_id for task_id in ids if task_id % 2 == 0]
    with engine.begin() as connection:
        claimed = claim_due(connection, claimant=claimant(shard=Shard(0, 2)), limit=10)
    assert [task.id for task in claimed] == sorted(own, key=lambda task_id: (task_id not in ids[6:], task_id))


def test_a_claim_takes_no_more_than_its_limit(engine: Engine) -> None:
    add_tasks(engine, count=5)
    with engine.begin() as connection:
        assert len(claim_due(connection, claimant=claimant(), limit=2)) == 2


def test_a_claim_gives_each_task_a_token_a_lease_and_an_attempt_of_its_own(engine: Engine) -> None:
    add_tasks(engine, count=3)
    who = claimant(shard=Shard(0, 1), lease=60)
    with engine.begin() as connection:
        claimed = claim_due(connection, claimant=who, limit=3)
        leases = connection.execute(
            text("SELECT extract(epoch FROM lease_expires_at - claimed_at) FROM media_process")
        ).scalars()
        assert {round(float(lease)) for lease in leases} == {60}
    assert len(tokens(claimed)) == 3
    for task in claimed:
        row = task_row(engine, task.id)
        assert row is not None
        assert (row.status, row.attempt, row.claim_token, row.claimed_by) == (
            "processing", 1, task.claim_token, who.executor_id,
        )  # fmt: skip
        assert attempt_outcomes(engine, task.id) == [None]


def test_what_is_not_due_is_not_claimed(engine: Engine) -> None:
    later, struck_out, rejected, due = add_tasks(engine, count=4)
    _set(engine, later, next_attempt_at=text("now() + interval '1 hour'"))
    _set(engine, struck_out, status="failed", fail_count=3, error_class="lost", error="three strikes")
    _set(engine, rejected, status="rejected", error_class="unreadable", error="no video")
    with engine.begin() as connection:
        assert [task.id for task in claim_due(connection, claimant=claimant(), limit=10)] == [due]


def test_many_claimants_of_one_shard_never_get_the_same_task(engine: Engine) -> None:
    ids = add_tasks(engine, count=60)
    together = threading.Barrier(6)

    def take() -> list[int]:
        together.wait()
        taken: list[int] = []
        while True:
            with engine.begin() as connection:
                claimed = claim_due(connection, claimant=claimant(), limit=3)
            if not claimed:
                return taken
            taken += [task.id for task in claimed]

    with ThreadPoolExecutor(6) as threads:
        taken = [task_id for future in [threads.submit(take) for _ in range(6)] for task_id in future.result()]
    assert sorted(taken) == sorted(ids)


def test_a_claimed_task_changed_by_hand_meanwhile_is_passed_over(engine: Engine) -> None:
    """The UPDATE repeats the guard: what the SELECT saw as due may be rejected by the time it is locked."""
    (task_id,) = add_tasks(engine, count=1)
    with engine.begin() as operator, ThreadPoolExecutor(1) as threads:
        operator.execute(
            update(media_process)
            .where(media_process.c.id == task_id)
            .values(status="rejected", error_class="unreadable", error="by hand")
        )

        def take() -> int:
            with engine.begin() as connection:
                return len(claim_due(connection, claimant=claimant(), limit=1))

        assert threads.submit(take).result() == 0
        operator.commit()
    row = task_row(engine, task_id)
    assert row is not None
    assert row.status == "rejected"


def test_only_what_others_left_due_for_long_is_stolen(engine: Engine) -> None:
    ids = add_tasks(engine, count=4)
    waiting = next(task_id for task_id in ids if task_id % 2 == 1)
    _set(engine, waiting, next_attempt_at=text("now() - interval '2 minutes'"))
    with engine.begin() as connection:
        stolen = claim_stolen(connection, claimant=claimant(shard=Shard(0, 2)), limit=10, due_for=60)
    assert [task.id for task in stolen] == [waiting]


@pytest.mark.parametrize("is_auto", [False, True])
def test_of_what_others_left_due_for_long_the_first_in_line_is_claimed_however_long(
    engine: Engine, *, is_auto: bool
) -> None:
    """Not what has been due the longest: a tenant's old backlog would have a turn more in each tick."""
    ids = add_tasks(engine, count=8)
    just_now, first, behind, oldest = (task_id for task_id in ids if task_id % 2 == 1)
    own = next(task_id for task_id in ids if task_id % 2 == 0)
    line = ((own, -3, 60), (just_now, -2, 0), (first, -1, 2), (behind, 1, 3), (oldest, 2, 60))
    for task_id, position, minutes in line:
        due = text(f"now() - interval '{minutes} minutes'")
        _set(engine, task_id, position=position, next_attempt_at=due)
    shard = Shard(0, 2, is_auto=is_auto)
    with engine.connect() as connection:
        for expected in ([first], [behind], [oldest], []):
            claimed = claim_overdue(connection, claimant=claimant(shard=shard), due_for=60)
            assert [task.id for task in claimed] == expected
    with engine.connect() as connection:
        assert claim_overdue(connection, claimant=claimant(shard=shard), due_for=7200) == []
        # Whoever owns everything has nothing left by others.
        assert claim_overdue(connection, claimant=claimant(), due_for=60) == []


def test_what_is_far_behind_in_line_comes_near_its_front_as_the_own_tasks_before_it_are_claimed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_tasks, "_FRONT", literal(3, Integer, literal_execute=True))
    ids = add_tasks(engine, count=12)
    last, *others = (task_id for task_id in reversed(ids) if task_id % 2 == 1)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM media_process WHERE id = ANY (:ids)"), {"ids": others})
    _set(engine, last, position=1000, next_attempt_at=text("now() - interval '1 hour'"))
    who, taken = claimant(shard=Shard(0, 2, is_auto=True)), 0
    monkeypatch.setattr(claim, "_claim_of", claim._claim_of.__wrapped__)  # noqa: SLF001 - built anew, with the limit above
    with engine.connect() as connection:
        while not (found := claim_overdue(connection, claimant=who, due_for=60)):
            assert len(claim_due(connection, claimant=who, limit=1)) == 1
            taken += 1
    # Two of its own are still before it.
    assert ([task.id for task in found], taken) == ([last], 4)


def test_only_what_is_within_reach_is_claimed_and_waited_for(engine: Engine) -> None:
    mine, elsewhere, unknown = add_tasks(engine, count=3)
    _set(engine, elsewhere, bucket="another", next_attempt_at=text("now() - interval '1 hour'"))
    _set(engine, unknown, profile="unheard-of", next_attempt_at=text("now() - interval '1 hour'"))
    reach = Reach(bucket="media", profiles=frozenset({"mp4", "poster"}))
    who, other = (replace(claimant(shard=Shard(index, 2)), reach=reach) for index in range(2))
    with engine.connect() as connection:
        assert claim_overdue(connection, claimant=who, due_for=60) == []
        assert claim_stolen(connection, claimant=who, limit=9, due_for=60) == []
        assert claim_stolen(connection, claimant=other, limit=9, due_for=60) == []
        claimed = [task.id for each in (who, other) for task in claim_due(connection, claimant=each, limit=9)]
        assert claimed == [mine]
        connection.rollback()
        cancelled = text("DELETE FROM media_process WHERE id = :id")
        assert has_unfinished(connection, shard=Shard(0, 1), only=None, reach=reach)
        connection.execute(cancelled, {"id": mine})
        assert not has_unfinished(connection, shard=Shard(0, 1), only=None, reach=reach)
        # The control: whoever reaches everything takes and waits for everything.
        assert has_unfinished(connection, shard=Shard(0, 1), only=None)
        assert len(claim_due(connection, claimant=claimant(), limit=9)) == 2


def test_what_needs_a_decoder_is_left_alone_by_whoever_lacks_it(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    whole = replace(claimant(), reach=Reach(bucket="media", profiles=frozenset({"mp4"})))
    reach = Reach(bucket="media", profiles=frozenset({"mp4"}), lacking_decoders=frozenset({"hevc", "svq3"}))
    lacking = replace(claimant(), reach=reach)
    # Nobody knows yet what it needs.
    task = claim_one(engine, by=lacking)
    decided = verdict(
        Released(error_class=ErrorClass.DECODER_MISSING, error="It lacks one.", needs_decoders=("av1", "hevc")),
        fail_count=0,
        policy=task_failure(base=1, cap=1),
        jitter=0.5,
    )
    with engine.begin() as connection:
        assert settle_setback(
            connection, task_id=task_id, claim_token=task.claim_token, verdict=decided, report=Report()
        )
    with engine.connect() as connection:
        assert claim_due(connection, claimant=lacking, limit=9) == []
        # To one that owns nothing, each is another's.
        stealing = replace(lacking, shard=Shard(99_999, 100_000))
        assert claim_overdue(connection, claimant=stealing, due_for=0) == []
        assert claim_overdue(connection, claimant=replace(stealing, reach=whole.reach), due_for=0) != []
        connection.rollback()
        assert not has_unfinished(connection, shard=Shard(0, 1), only=None, reach=lacking.reach)
        assert has_unfinished(connection, shard=Shard(0, 1), only=None, reach=whole.reach)
        # A setback for another reason forgets nothing.
        other = replace(lacking, reach=replace(reach, lacking_decoders=frozenset({"svq3"})))
        assert [each.id for each in claim_due(connection, claimant=other, limit=9)] == [task_id]
        connection.rollback()
    again = claim_one(engine, by=whole)
    drained = verdict(
        Released(error_class=ErrorClass.DRAINED, error="The executor ends."),
        fail_count=0,
        policy=task_failure(base=1, cap=1),
        jitter=0.5,
    )
    with engine.begin() as connection:
        settle_setback(connection, task_id=task_id, claim_token=again.claim_token, verdict=drained, report=Report())
        assert claim_due(connection, claimant=lacking, limit=9) == []
        # The control.
        assert [each.id for each in claim_due(connection, claimant=whole, limit=9)] == [task_id]


def test_a_shard_is_unfinished_until_only_people_can_go_on(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    mine, other = Shard(task_id % 2, 2), Shard(1 - task_id % 2, 2)

    def unfinished(shard: Shard) -> bool:
        with engine.begin() as connection:
            return has_unfinished(connection, shard=shard, only=None)

    assert (unfinished(mine), unfinished(other)) == (True, False)
    _set(
        engine,
        task_id,
        status="failed",
        fail_count=2,
        error_class="lost",
        error="x",
        next_attempt_at=text("now() + '1 h'"),
    )
    assert unfinished(mine)
    _set(engine, task_id, fail_count=3)
    assert not unfinished(mine)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"status": "processing"},
        {"status": "failed"},
        {"status": "done"},
        {"fail_count": -1},
        {"priority": 5000},
        {"position": float("nan")},
        {"position": float("inf")},
        {"expected_cost": 0.0},
        {"progress": 2.0},
        {"claimed_by": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=str,
)
def test_a_row_edited_by_hand_into_nonsense_is_refused(engine: Engine, nonsense: dict[str, object]) -> None:
    (task_id,) = add_tasks(engine, count=1)
    with pytest.raises(IntegrityError, match="media_process_"):
        _set(engine, task_id, **nonsense)


def _set(engine: Engine, task_id: int, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(update(media_process).where(media_process.c.id == task_id).values(**values))


def test_a_refill_goes_on_behind_the_latest_claim_in_the_order_of_claims(engine: Engine) -> None:
    urgent = add_tasks(engine, count=2, name="urgent", priority=5)
    first, second, third, early = add_tasks(engine, count=4)
    latest = claim_one(engine)
    assert latest.id == urgent[0]
    # It was enqueued later, and yet comes before.
    _set(engine, early, position=latest.position - 1)
    with engine.begin() as connection:
        claimed = claim_due(connection, claimant=claimant(), limit=2, after=latest)
        assert [task.id for task in claimed] == [urgent[1], first]
        plain = claimed[-1]
        (before,) = claim_due(connection, claimant=claimant(), limit=1)
        assert before.id == early
        following = claim_due(connection, claimant=claimant(), limit=9, after=plain)
        assert [task.id for task in following] == [second, third]


def test_totals_that_do_not_fit_together_and_change_duplicate_nothing_and_starve_nothing(engine: Engine) -> None:
    ids = add_tasks(engine, count=30)
    taken: list[int] = []
    for shard in (Shard(0, 2), Shard(1, 3), Shard(1, 2), Shard(0, 3), Shard(2, 3)):
        with engine.begin() as connection:
            taken += [task.id for task in claim_due(connection, claimant=claimant(shard=shard), limit=100)]
    assert sorted(taken) == sorted(ids)
