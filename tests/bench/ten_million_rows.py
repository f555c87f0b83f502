"""What ten million rows of history and a million waiting tasks cost: views, lists, pages, and claims beside a prune.

The reference is a site that has the same last two days and nothing else: what tells of the past is bounded to those.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Connection, Engine, text

from mediaproc import log
from mediaproc.core.errors import WrongUse
from mediaproc.core.selection import Selection
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.views import ops, tasks
from mediaproc.db.views.disk_use import disk_use
from mediaproc.db.views.health_figures import figures
from mediaproc.db.views.overview import read_overview
from mediaproc.db.views.whole_task import whole_tasks
from mediaproc.retention.keep import Keep
from mediaproc.retention.pruning import Pruning
from mediaproc.store.directory import DirectoryStore
from tests.bench.claims_under_a_snapshot import churn, ratio
from tests.bench.goal import beside_goal
from tests.bench.many_rows_pages import tell_pages
from tests.bench.seldom_rows import add_seldom_rows
from tests.bench.task_tables import vacuum
from tests.parts.postgres import PostgresServer, running_postgres

_DAY = 86_400.0
# History goes back so far, evenly.
_DAYS = 400
# How many times slower a claim may be beside a prune.
_GOAL = 1.1
# How many times slower than beside two days of history alone something may be that does not depend on the queue.
_GOAL_OF_READS = 2.0

_FILES = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT lpad(to_hex(n), 64, '0'), 'clip ' || n, 'media', 'sources/' || n, 'video/mp4', 1, 'stored'
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""
_WAITING = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, position)
SELECT id, 'mp4', filename, bucket, object_key, row_number() OVER () FROM media_files
"""
_HISTORY = """
INSERT INTO media_process_history
    (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, claim_token,
     output_bucket, output_key, output_size, output_sha256, verification, duration, stage_seconds, created_at,
     finished_at)
SELECT 100000000 + n, lpad(to_hex(n), 64, '0'), 'mp4', 'clip ' || n, 'media', 'sources/' || n, 0, 0, 1, 'completed',
       gen_random_uuid(), 'media', 'renditions/' || n, 900, repeat('f', 64), 'verified', 12.5,
       '{"download": 0.5, "transcode": 8}', ended - interval '1 minute', ended
FROM (
    SELECT n, now() - interval '1 s' - make_interval(secs => n * CAST(:apart AS double precision)) AS ended
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
) AS task
"""
_ATTEMPTS = """
INSERT INTO media_process_attempt
    (claim_token, task_id, attempt, executor_id, shard_index, shard_total, started_at, finished_at, outcome, log_tail,
     output_bucket, output_key, stage_seconds, cpu_seconds)
SELECT claim_token, id, 1, gen_random_uuid(), 0, 1, created_at, finished_at, 'completed',
       CASE WHEN id % 10 = 0 THEN repeat('frame= 7 ', 20) END, output_bucket, output_key, stage_seconds, 9.5
FROM media_process_history WHERE id BETWEEN 100000000 + CAST(:first AS integer) AND 100000000 + CAST(:last AS integer)
"""
# Of the view that reaches back for two months, what the reference has too: each of its days is read by itself.
_ASKED_OF = {"cost_per_tenant": "WHERE day > current_date - 2"}
# The last one finds nothing.
_SELECTIONS = (
    *("status:pending", "status:completed", "status:failed", "profile:mp4", "older:7d", "newer:1d", "name:clip"),
    *("file:0000000000000000000000000000000000000000000000000000000000000007", "tenant:nobody"),
)
_GROWING = ("media_files", "media_process_history", "media_process_attempt")
_PIECE = 500_000
# One of history.
_A_TASK = 100_000_001


def bench(short: bool) -> int:
    """Ten million tasks of history, each with an attempt, and a million that wait (20,000 and 5,000 when short).

    It ends with 1 where a page reads a large table from one end to the other.
    """
    history, waiting = (20_000, 5_000) if short else (10_000_000, 1_000_000)
    with running_postgres() as postgres:
        large, reference = site(postgres), site(postgres)
        load(large, history=history, waiting=waiting)
        load(reference, history=max(1, history * 2 // _DAYS), waiting=0, apart=apart_by(history))
        print(f"{history:,} tasks of history and {waiting:,} that wait, as ratios to two days of history alone")
        tell_reads(large, reference, runs=5 if short else 9)
        tell_claims_beside_a_prune(large, window=0.3 if short else 3.0, windows=4 if short else 10)
        # Last, since messages to a webhook would make each claim's end cost more.
        ids = add_seldom_rows(large, acts=history, messages=waiting)
        url = large.url.render_as_string(hide_password=False)
        is_told_by_indexes = tell_pages(url, ids=ids, short=short)
        for engine in (large, reference):
            engine.dispose()
    # Few rows are read whole sooner than by an index.
    return 0 if is_told_by_indexes or short else 1


def site(postgres: PostgresServer) -> Engine:
    return database.connect(postgres.url(postgres.create_database()), has_statement_timeout=False)


def apart_by(history: int) -> float:
    """Seconds between the ends of two tasks."""
    return _DAYS * _DAY / history


def load(engine: Engine, *, history: int, waiting: int, apart: float | None = None) -> None:
    """Fill the tables: their further indexes are made afterwards, which takes half as long."""
    with _without_indexes(engine):
        for first in range(1, history + 1, _PIECE):
            piece = {"first": first, "last": min(first + _PIECE - 1, history), "apart": apart or apart_by(history)}
            with _quickly(engine) as connection:
                connection.execute(text(_HISTORY), piece)
                connection.execute(text(_ATTEMPTS), piece)
    with _quickly(engine) as connection:
        if waiting:
            connection.execute(text(_FILES), {"first": 1, "last": waiting})
            connection.execute(text(_WAITING))
    vacuum(engine)


@contextmanager
def _quickly(engine: Engine) -> Iterator[Connection]:
    """Without the check of foreign keys, and with memory for the indexes."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        yield connection


@contextmanager
def _without_indexes(engine: Engine) -> Iterator[None]:
    """Inside the block the large tables have only their primary keys."""
    made = text(
        "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = ANY (:tables) AND indexname !~ '_pkey$'"
        " AND schemaname = 'public'"
    )
    with engine.begin() as connection:
        indexes = connection.execute(made, {"tables": list(_GROWING)}).all()
        for index in indexes:
            connection.execute(text(f"DROP INDEX {index.indexname}"))
    yield
    for index in indexes:
        with _quickly(engine) as connection:
            connection.exec_driver_sql(index.indexdef, execution_options={"no_parameters": True})


def reads(connection: Connection) -> Mapping[str, Callable[[], object]]:
    """What people and programs ask for, by name."""
    views = connection.scalars(text("SELECT viewname FROM pg_views WHERE schemaname = 'ops' ORDER BY 1")).all()

    def whole(view: str) -> Callable[[], object]:
        asked = f"SELECT * FROM ops.{view} {_ASKED_OF.get(view, '')} LIMIT 1000"  # noqa: S608 - our own names
        return lambda: connection.execute(text(asked)).all()

    def first_page(words: str) -> Callable[[], object]:
        selection = Selection.parse(words)
        return lambda: tasks.tasks(connection, selection=selection, with_history=True, limit=51)

    return {
        **{f"ops.{view}": whole(view) for view in views},
        "status": lambda: (figures(connection), ops.backlog(connection), ops.done_per_hour(connection, hours=2)),
        "the page's overview": lambda: read_overview(connection),
        "the page of a task": lambda: whole_tasks(connection, ids=[_A_TASK]),
        "disk use": lambda: disk_use(connection),
        "tasks list": lambda: tasks.tasks(connection, limit=51),
        "tasks list --all": lambda: tasks.tasks(connection, with_history=True, limit=51),
        **{f"tasks list --all '{words}'": first_page(words) for words in _SELECTIONS},
    }


def tell_reads(large: Engine, reference: Engine, *, runs: int) -> None:
    """The median of each read, in turn with the reference."""
    with large.connect() as one, reference.connect() as other:
        asked, compared = reads(one), reads(other)
        for connection in (one, other):
            connection.rollback()
        for name, ask in asked.items():
            try:
                pairs = [(_seconds(ask, one), _seconds(compared[name], other)) for _ in range(runs)]
            except WrongUse as refused:
                print(f"  {name}: {refused}")
                continue
            took, reference_took = (statistics.median(column) for column in zip(*pairs, strict=True))
            times = took / reference_took
            print(f"  {name}: {1000 * took:.1f} ms, {times:.2f} times, {beside_goal(times, goal=_GOAL_OF_READS)}")


def _seconds(ask: Callable[[], object], connection: Connection) -> float:
    with connection.begin():
        begun = time.perf_counter()
        ask()
        return time.perf_counter() - begun


def tell_claims_beside_a_prune(engine: Engine, *, window: float, windows: int) -> None:
    """Claims of two tasks and their ends, in windows with a prune beside them and without one, in turn."""
    claims = churn(engine, refills=True)
    took: dict[bool, list[float]] = {True: [], False: []}
    url = engine.url.render_as_string(hide_password=False)
    with _pruner(url) as tell:
        for number in range(2 * windows):
            is_pruning = number % 2 == 1
            tell(is_pruning)
            ends = time.perf_counter() + window
            while time.perf_counter() < ends:
                seconds = next(claims, None)
                if seconds is None:
                    break
                took[is_pruning].append(seconds)
        removed = tell(False)  # noqa: FBT003
    print(f"  {removed:,} rows pruned beside {len(took[True]):,} claims, in windows of {window:g} s in turn without")
    for percentile in (50, 99):
        times = ratio(took[True], took[False], percentile)
        print(f"  claims beside a prune, p{percentile}: {times:.2f} times, {beside_goal(times, goal=_GOAL)}")


@contextmanager
def _pruner(url: str) -> Iterator[Callable[[bool], int]]:
    """A process that prunes while it is told to; the answer is how many rows it has removed so far."""
    processes = get_context("spawn")
    here, there = processes.Pipe()
    child = processes.Process(target=_prune_when_told, args=(url, there), daemon=True)
    child.start()

    def tell(is_pruning: bool) -> int:
        here.send(is_pruning)
        removed: int = here.recv()
        return removed

    tell(False)  # noqa: FBT003 - once it has started
    yield tell
    here.send(None)
    child.join()


def _prune_when_told(url: str, pipe: Pipe) -> None:
    site_database = Database.at(url)
    removed = 0
    running: tuple[Thread, Event] | None = None

    def prune(stop: Event) -> None:
        nonlocal removed
        keep = Keep(logs=_DAY, attempts=30 * _DAY, audit=_DAY, deliveries=_DAY, history=None)
        pruning = Pruning(
            database=site_database, store=DirectoryStore(Path("/nowhere")), keep=keep, log=log.get(), stop=stop
        )
        removed += pruning.run(actor="bench").rows

    while (told := pipe.recv()) is not None:
        if running is not None:
            running[1].set()
            running[0].join()
            running = None
        if told:
            stop = Event()
            running = (Thread(target=prune, args=(stop,)), stop)
            running[0].start()
        pipe.send(removed)
    site_database.close()
