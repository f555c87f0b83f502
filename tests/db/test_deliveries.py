"""The outbox: what is due for whom, in which order, and that each message is one executor's at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from mediaproc.db import deliveries, delivery_claims, webhooks
from mediaproc.db.delivery_claims import Delivery
from mediaproc.db.retention import old_deliveries
from tests.db.moved_clock import moved_clock, set_clock
from tests.db.webhook_rows import SECRET, add

_LEASE = 30.0


@pytest.fixture
def clock(engine: Engine) -> Iterator[None]:
    with moved_clock(engine):
        yield


@pytest.fixture
def webhook(engine: Engine, clock: None) -> int:  # noqa: ARG001 - the rows are made by that clock
    return add(engine)


def _write(engine: Engine, webhook: int, *tasks: int | None) -> list[int]:
    with engine.begin() as connection:
        return [
            connection.execute(
                text(
                    "INSERT INTO media_delivery (webhook_id, task_id, type, body, created_at)"
                    " VALUES (:webhook, :task, 'task.completed', '{}', now()) RETURNING id"
                ),
                {"webhook": webhook, "task": task},
            ).scalar_one()
            for task in tasks
        ]


def _claim(engine: Engine, webhook: int) -> Delivery | None:
    with engine.begin() as connection:
        return delivery_claims.claim_delivery(connection, webhook_id=webhook, lease=_LEASE)


def _claimed(engine: Engine, webhook: int) -> Delivery:
    delivery = _claim(engine, webhook)
    assert delivery is not None
    return delivery


def _delivered(engine: Engine, delivery: Delivery) -> bool:
    with engine.begin() as connection:
        return delivery_claims.note_delivered(connection, delivery=delivery, status=200)


def _failed(engine: Engine, delivery: Delivery, *, delay: float | None) -> bool:
    with engine.begin() as connection:
        return delivery_claims.note_failure(
            connection, delivery=delivery, status=500, error="It said 500.", delay=delay
        )


def _due(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return delivery_claims.due_webhooks(connection)


def _at(engine: Engine, seconds: float) -> None:
    with engine.begin() as connection:
        set_clock(connection, now=seconds, started=-3600)


def test_each_message_is_claimed_once_by_many_at_a_time(engine: Engine, webhook: int) -> None:
    written = _write(engine, webhook, *range(20))
    with ThreadPoolExecutor(8) as threads:
        claims = [threads.submit(_claim, engine, webhook) for _ in range(40)]
        claimed = [claim.result() for claim in claims]
    # Whoever met a row that another had locked passed it over.
    taken = [delivery.id for delivery in claimed if delivery is not None]
    while (delivery := _claim(engine, webhook)) is not None:
        taken.append(delivery.id)
    assert sorted(taken) == written
    assert _due(engine) == []


def test_a_message_behind_another_about_the_same_task_waits_for_its_end(engine: Engine, webhook: int) -> None:
    other = add(engine)
    first, second, third, of_the_site = _write(engine, webhook, 1, 1, 2, None)
    (elsewhere,) = _write(engine, other, 1)
    taken = [_claimed(engine, webhook) for _ in range(3)]
    assert [delivery.id for delivery in taken] == [first, third, of_the_site]
    assert _claim(engine, webhook) is None
    assert _claimed(engine, other).id == elsewhere
    assert _failed(engine, taken[0], delay=5.0)
    assert _claim(engine, webhook) is None
    _at(engine, 6)
    again = _claimed(engine, webhook)
    assert (again.id, again.attempts, again.message_id) == (first, 1, taken[0].message_id)
    assert _failed(engine, again, delay=None)
    assert _claimed(engine, webhook).id == second


def test_who_dies_with_a_message_leaves_it_to_others_at_the_end_of_the_lease(engine: Engine, webhook: int) -> None:
    _write(engine, webhook, 1)
    lost = _claimed(engine, webhook)
    _at(engine, _LEASE - 1)
    assert _claim(engine, webhook) is None
    _at(engine, _LEASE + 1)
    again = _claimed(engine, webhook)
    assert (again.id, again.message_id, again.body) == (lost.id, lost.message_id, lost.body)
    # Back from the dead, the first one changes nothing.
    assert not _delivered(engine, lost)
    assert not _failed(engine, lost, delay=1.0)
    assert _delivered(engine, again)
    assert _due(engine) == []


def test_the_earlier_secret_signs_too_until_its_time_is_over(engine: Engine, webhook: int) -> None:
    _write(engine, webhook, 1, 2)
    with engine.begin() as connection:
        assert webhooks.rotate_secret(connection, webhook_id=webhook, secret="whsec_new", both_for=60.0)
    assert _claimed(engine, webhook).secrets == ("whsec_new", SECRET)
    _at(engine, 61)
    assert _claimed(engine, webhook).secrets == ("whsec_new",)


def test_a_disabled_webhook_gets_nothing_and_a_removed_one_neither(engine: Engine, webhook: int) -> None:
    _write(engine, webhook, 1)
    with engine.begin() as connection:
        webhooks.disable_webhook(connection, webhook_id=webhook, because="It is gone.")
    assert (_due(engine), _claim(engine, webhook)) == ([], None)
    with engine.begin() as connection:
        assert webhooks.enable_webhook(connection, webhook_id=webhook)
    assert _due(engine) == [webhook]
    with engine.begin() as connection:
        assert webhooks.remove_webhook(connection, webhook_id=webhook)
        assert not webhooks.enable_webhook(connection, webhook_id=webhook)
    assert (_due(engine), _claim(engine, webhook)) == ([], None)


def test_what_is_replayed_keeps_its_ids(engine: Engine, webhook: int) -> None:
    written = _write(engine, webhook, 1, 2, 3)
    ids = {}
    for delivery in [_claimed(engine, webhook) for _ in written]:
        ids[delivery.id] = delivery.message_id
        assert _failed(engine, delivery, delay=None) if delivery.id != written[0] else _delivered(engine, delivery)
    with engine.begin() as connection:
        assert deliveries.replay_deliveries(connection, webhook_id=webhook, limit=1) == 1
        assert deliveries.replay_deliveries(connection, webhook_id=webhook, limit=10) == 1
        assert deliveries.replay_deliveries(connection, webhook_id=webhook, limit=10) == 0
        assert deliveries.replay_deliveries(connection, webhook_id=webhook, ids=written, limit=10) == 1
    assert {each.id: each.message_id for each in (_claimed(engine, webhook) for _ in written)} == ids


def test_old_messages_are_deleted_unless_they_are_on_their_way(engine: Engine, webhook: int) -> None:
    delivered, dead, waiting = _write(engine, webhook, 1, 2, 3)
    (orphan,) = _write(engine, webhook + 1, 4)
    for _ in (delivered, dead):
        delivery = _claimed(engine, webhook)
        assert _delivered(engine, delivery) if delivery.id == delivered else _failed(engine, delivery, delay=None)
    _at(engine, 100)
    (young,) = _write(engine, webhook + 1, 5)
    with engine.begin() as connection:
        assert old_deliveries.delete_old_deliveries(connection, older_than=60.0, limit=2) == 2
        assert old_deliveries.delete_old_deliveries(connection, older_than=60.0, limit=10) == 1
        left = connection.scalars(text("SELECT id FROM media_delivery ORDER BY id")).all()
    assert (left, orphan in left) == ([waiting, young], False)


@pytest.mark.parametrize("statement", ["due_webhooks", "claim"])
def test_a_long_outbox_is_not_read_whole(engine: Engine, webhook: int, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_delivery (webhook_id, task_id, type, body, delivered_at)"
                " SELECT :webhook, number, 'task.completed', '{}', CASE WHEN number % 10 > 0 THEN now() END"
                " FROM generate_series(1, 20000) AS number"
            ),
            {"webhook": webhook},
        )
        connection.execute(text("ANALYZE media_delivery"))
        connection.execute(text("SET LOCAL enable_seqscan = on"))
        before = _tuples_read(connection)
        if statement == "claim":
            assert delivery_claims.claim_delivery(connection, webhook_id=webhook, lease=_LEASE) is not None
        else:
            assert delivery_claims.due_webhooks(connection) == [webhook]
        assert _tuples_read(connection) - before < 50


def _tuples_read(connection: object) -> int:
    read = connection.scalar(  # type: ignore[attr-defined]
        text(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0)"
            " FROM pg_stat_xact_user_tables WHERE relname = 'media_delivery'"
        )
    )
    return int(read)
