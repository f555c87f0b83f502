"""Nobody waits for ever: tenants take turns by the work of their tasks, and a priority is a head start and no more."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, product

from sqlalchemy import Connection, Engine, text

from mediaproc.core.position import HEAD_START, next_start, position
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.db.tasks.claim import claim_due
from mediaproc.db.tasks.insert import insert_task
from mediaproc.db.tasks.settle import settle_completed
from mediaproc.db.uploads import record_upload
from tests.db.task_rows import claimant, rendition, wait_for_a_lock

_NUMBERS = count()
_FILE = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
VALUES (:id, 'clip.avi', 'media', 'key', 'video/x-msvideo', 1000, 'stored')
"""
# What as many enqueues of one tenant leave behind them, where its first task starts at :start.
_FLOOD = """
WITH stored AS (
  INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
  SELECT encode(sha256((:tenant || n)::bytea), 'hex'), 'clip.avi', 'media', 'key', 'video/x-msvideo', 1000, 'stored'
  FROM generate_series(0, :tasks - 1) n
), in_line AS (
  INSERT INTO media_tenant (tenant, last_start, last_cost) VALUES (:tenant, :start + (:tasks - 1) * :cost, :cost)
)
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, tenant, position, expected_cost)
SELECT encode(sha256((:tenant || n)::bytea), 'hex'), 'mp4', 'clip.avi', 'media', 'key', :tenant,
       :start + n * :cost, :cost
FROM generate_series(0, :tasks - 1) n
"""


def enqueue(connection: Connection, *, tenant: str = "", cost: float = 60.0, priority: int = 0) -> int:
    """A stored file and its task, which the product's statement inserts."""
    file_id = hashlib.sha256(f"file {next(_NUMBERS)}".encode()).hexdigest()
    connection.execute(text(_FILE), {"id": file_id})
    return insert_task(
        connection, file_id=file_id, profile="mp4", filename="clip.avi", priority=priority, tenant=tenant, cost=cost
    ).id


def flood(connection: Connection, *, tenant: str, tasks: int = 1_000, cost: float = 60.0, start: float = 0.0) -> None:
    connection.execute(text(_FLOOD), {"tenant": tenant, "tasks": tasks, "cost": cost, "start": start})


def claim(connection: Connection, *, limit: int = 1) -> list[ClaimedTask]:
    return claim_due(connection, claimant=claimant(), limit=limit)


def settle(connection: Connection, tasks: Sequence[ClaimedTask]) -> None:
    for task in tasks:
        assert settle_completed(
            connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition(task), report=Report()
        )


def tenants_of(connection: Connection, tasks: Sequence[ClaimedTask]) -> list[str]:
    rows = connection.execute(
        text("SELECT id, tenant FROM media_process WHERE id = ANY (:ids)"), {"ids": [task.id for task in tasks]}
    )
    found: dict[int, str] = {row.id: row.tenant for row in rows}
    return [found[task.id] for task in tasks]


def test_one_task_is_claimed_next_beside_a_tenant_with_a_thousand(engine: Engine) -> None:
    with engine.begin() as connection:
        flood(connection, tenant="many")
        running = claim(connection, limit=4)
        one = enqueue(connection, tenant="one")
        assert [task.id for task in claim(connection)] == [one]
        # The control: another one of the thousand stands behind them all.
        last = enqueue(connection, tenant="many")
        claimed = claim(connection, limit=2_000)
        assert len(claimed) == 1_000 - len(running) + 1
        assert claimed[-1].id == last


def test_one_task_is_claimed_next_in_a_backlog_that_has_lasted_for_hours(engine: Engine) -> None:
    """The order has come far: whoever comes now begins there, and not in the past."""
    with engine.begin() as connection:
        flood(connection, tenant="many", start=1e6)
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '5 hours'"))
        # So that it has a place in the past, which counts no more.
        connection.execute(text("INSERT INTO media_tenant (tenant, last_start, last_cost) VALUES ('one', 7, 60)"))
        settle(connection, claim(connection, limit=100))
        running = claim(connection, limit=4)
        one = enqueue(connection, tenant="one")
        stranger = enqueue(connection, tenant="stranger")
        assert [task.id for task in claim(connection, limit=2)] == [one, stranger]
        assert start_of(connection, one) == running[-1].position


def test_one_task_is_among_the_next_eleven_beside_ten_tenants_with_a_thousand_each(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(10):
            flood(connection, tenant=f"many {number}", cost=30.0 + number)
        running = claim(connection, limit=200)
        one = enqueue(connection, tenant="one")
        settle(connection, running)
        following = claim(connection, limit=11)
        assert one in [task.id for task in following]
        # The control: a second one has to wait until each of the others had its turn.
        second = enqueue(connection, tenant="one")
        assert second not in [task.id for task in claim(connection, limit=5)]


def test_the_slots_are_shared_by_work_and_weight_and_not_by_the_number_of_tasks(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO media_tenant (tenant, last_start, last_cost, weight) VALUES ('double', 0, 0, 2)")
        )
        for _ in range(40):
            enqueue(connection, tenant="double", cost=60)
            enqueue(connection, tenant="short", cost=20)
            enqueue(connection, tenant="long", cost=60)
        served = Counter(tenants_of(connection, claim(connection, limit=60)))
        # Of ten minutes of work, "double" gets twice as much as each of the others.
        assert served == {"double": 20, "short": 30, "long": 10}


def test_the_lowest_priority_is_done_after_its_head_start_of_work_and_not_never(engine: Engine) -> None:
    """Two slots, kept busy by a stream of ordinary tasks of which three wait at any time."""
    cost, done = 400.0, 0.0
    with engine.begin() as connection:
        for _ in range(5):
            enqueue(connection, cost=cost)
        running = claim(connection, limit=2)
        lowest = enqueue(connection, tenant="patient", priority=-1000)
        while lowest not in [task.id for task in running]:
            settle(connection, [running.pop(0)])
            done += cost
            enqueue(connection, cost=cost)
            running += claim(connection)
            assert done < 2_000 * HEAD_START
        assert 1_000 * HEAD_START - 2 * cost <= done <= 1_000 * HEAD_START + 4 * cost
        # The control: by priority it would still be the last one.
        assert connection.scalar(text("SELECT count(*) FROM media_process WHERE status = 'pending' AND priority = 0"))


def test_a_priority_is_a_head_start_of_a_minute_of_work_a_step(engine: Engine) -> None:
    with engine.begin() as connection:
        flood(connection, tenant="many", cost=60)
        running = claim(connection)
        first = [task.id for task in claim(connection, limit=8)]
        urgent = enqueue(connection, tenant="many", cost=60, priority=995)
        claimed = [task.id for task in claim(connection, limit=10)]
        # It would have been the thousandth, at 60,000 s; so it stands at 300 s, which is over.
        assert start_of(connection, urgent) == 60_000
        assert claimed[0] == urgent
        assert len({*claimed, *first, running[0].id}) == 19


def test_nobody_is_ahead_at_an_idle_site_for_having_done_nothing_before(engine: Engine) -> None:
    with engine.begin() as connection:
        for _ in range(20):
            enqueue(connection)
        settle(connection, claim(connection, limit=20))
        new = [enqueue(connection, tenant="new") for _ in range(3)]
        old = enqueue(connection)
        assert [task.id for task in claim(connection, limit=4)] == [new[0], new[1], old, new[2]]


def test_the_statement_computes_what_the_core_says(engine: Engine) -> None:
    with engine.begin() as connection:
        flood(connection, tenant="many", tasks=3, start=1000.0)
        (running,) = claim(connection)
        last = [(0.0, 60.0, 1.0), (1000.0, 60.0, 1.0), (970.0, 60.0, 2.0), (990.0, 6.0, 0.125)]
        for (last_start, last_cost, weight), priority in product(last, (0, 7, -1000)):
            tenant = f"{last_start}, {last_cost}, {weight}, {priority}"
            row = {"last_start": last_start, "last_cost": last_cost, "weight": weight}
            connection.execute(
                text("INSERT INTO media_tenant VALUES (:tenant, :last_start, :last_cost, :weight)"),
                row | {"tenant": tenant},
            )
            enqueue(connection, tenant=tenant, priority=priority, cost=12.0)
            start = next_start(virtual_now=running.position, **row)
            written = connection.execute(
                text(
                    "SELECT position, expected_cost, last_start, last_cost FROM media_process"
                    " JOIN media_tenant USING (tenant) WHERE tenant = :tenant"
                ),
                {"tenant": tenant},
            ).one()
            assert tuple(written) == (position(start=start, priority=priority), 12.0, start, 12.0), tenant


def test_one_tenants_enqueues_stand_in_line_and_other_tenants_wait_for_none(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as first:
            one = enqueue(first, tenant="one", cost=30)

            def another() -> int:
                with engine.begin() as connection:
                    return enqueue(connection, tenant="one")

            behind = threads.submit(another)
            wait_for_a_lock(engine)
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
                enqueue(connection, tenant="another")
            assert not behind.done()
        second = behind.result()
    with engine.begin() as connection:
        assert start_of(connection, second) == start_of(connection, one) + 30


def test_a_retried_task_and_a_released_one_keep_their_places(engine: Engine) -> None:
    with engine.begin() as connection:
        first, second = enqueue(connection), enqueue(connection)
        (held,) = claim(connection)
        connection.execute(
            text(
                "UPDATE media_process SET status = 'pending', claim_token = NULL, claimed_by = NULL, claimed_at = NULL,"
                " lease_expires_at = NULL WHERE id = :id"
            ),
            {"id": held.id},
        )
        assert [task.id for task in claim(connection, limit=2)] == [first, second]


def test_what_an_older_client_enqueues_has_a_place_too(engine: Engine) -> None:
    """It knows of no position and no tenant, and has no right in what is new; its file is nobody's in particular."""
    with engine.begin() as connection:
        flood(connection, tenant="many", start=500.0)
        (running,) = claim(connection)
        for number in range(2):
            connection.execute(text(_FILE), {"id": f"{number:064}"})
        # Which the older client does not know of: the file stays for both.
        record_upload(connection, file_id=f"{1:064}", tenant="many", filename="mine.avi")
        name = DEFAULT_NAMES["enqueuer"]
        for table in ("media_tenant", "media_upload"):
            connection.execute(text(f"REVOKE ALL ON {table} FROM {name}"))
        connection.execute(text(f"REVOKE INSERT (tenant, position, expected_cost) ON media_process FROM {name}"))
        connection.execute(text(f"SET LOCAL ROLE {name}"))
        ids = connection.scalars(
            text(
                "INSERT INTO media_process (file_id, profile, filename, bucket, object_key, priority)"
                " SELECT id, 'mp4', filename, bucket, object_key, 3 * right(id, 1)::integer FROM media_files"
                " WHERE id < repeat('0', 62) || '10' ORDER BY id RETURNING id"
            )
        ).all()
        connection.execute(text("RESET ROLE"))
        found = connection.scalars(text("SELECT position FROM media_process WHERE id = ANY (:ids)"), {"ids": list(ids)})
        assert set(found) == {running.position, running.position - 3 * HEAD_START}
        uploads = connection.execute(text("SELECT file_id, tenant, filename, is_shared FROM media_upload"))
        assert {tuple(upload) for upload in uploads} == {
            (f"{0:064}", "", "clip.avi", False),
            (f"{1:064}", "", "clip.avi", True),
            (f"{1:064}", "many", "mine.avi", True),
        }


def test_the_virtual_time_reads_no_more_than_runs_whatever_waits(engine: Engine) -> None:
    """Also by a plan that was made before anything waited."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE media_process SET (autovacuum_enabled = off)"))
        enqueue(connection)
        flood(connection, tenant="many", tasks=20_000)
        before = _rows_read(connection)
        enqueue(connection, tenant="one")
        assert _rows_read(connection) - before < 10
        running = claim(connection, limit=30)
        before = _rows_read(connection)
        enqueue(connection, tenant="one")
        assert len(running) <= _rows_read(connection) - before < 80
        # The control.
        before = _rows_read(connection)
        connection.scalar(text("SELECT max(position + priority) FROM media_process"))
        assert _rows_read(connection) - before > 20_000


def start_of(connection: Connection, task_id: int) -> float:
    found: float = connection.scalars(
        text("SELECT position + priority * 60 FROM media_process WHERE id = :id"), {"id": task_id}
    ).one()
    return found


def _rows_read(connection: Connection) -> int:
    """By this transaction, in the table of tasks, with or without an index."""
    read: int = connection.scalars(
        text(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'media_process'"
        )
    ).one()
    return read
