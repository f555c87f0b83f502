"""The claim's cost does not depend on what has ended: its plan walks its index, also when planned without values."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, Interval, bindparam, text, true
from sqlalchemy.dialects import postgresql

from mediaproc.core.shard import Shard
from mediaproc.db.engine import connect
from mediaproc.db.ids import IDS
from mediaproc.db.tasks.claim import _own_tasks
from mediaproc.db.tasks.due_tasks import due_tasks, of_shard, overdue_tasks

HISTORY_ROWS, STRUCK_OUT_ROWS, DUE_ROWS = 100_000, 10_000, 500

_FILL = f"""
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT encode(sha256(n::text::bytea), 'hex'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, {STRUCK_OUT_ROWS + DUE_ROWS}) n;

INSERT INTO media_process_history
    (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, created_at)
SELECT 10000000 + n, encode(sha256(n::text::bytea), 'hex'), 'mp4', 'clip', 'media', 'key', 0, 0, 1, 'cancelled', now()
FROM generate_series(1, {HISTORY_ROWS}) n;

INSERT INTO media_process
    (file_id, profile, filename, bucket, object_key, status, fail_count, error_class, error)
SELECT encode(sha256(n::text::bytea), 'hex'), 'mp4', 'clip', 'media', 'key',
       CASE WHEN n <= {STRUCK_OUT_ROWS} THEN 'failed' ELSE 'pending' END,
       CASE WHEN n <= {STRUCK_OUT_ROWS} THEN 3 ELSE 0 END, 'lost', 'three strikes'
FROM generate_series(1, {STRUCK_OUT_ROWS + DUE_ROWS}) n;

ANALYZE;
"""  # noqa: S608 - numbers of our own


@pytest.fixture
def crowded(engine: Engine, database_url: str) -> Iterator[Connection]:
    patient = connect(database_url, has_statement_timeout=False)
    with patient.begin() as connection:
        connection.execute(text(_FILL))
    patient.dispose()
    with engine.begin() as connection:
        yield connection


def test_the_claim_uses_its_index(crowded: Connection) -> None:
    assert _plan(crowded, statement=_claim_text()) == {"media_process_claim_idx"}


def test_the_claim_uses_its_index_under_a_generic_plan(crowded: Connection) -> None:
    crowded.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    crowded.execute(text(f"PREPARE claim (bigint) AS {_claim_text(limit='$1')}"))
    assert _plan(crowded, statement="EXECUTE claim (2)") == {"media_process_claim_idx"}


def test_what_is_overdue_is_found_by_its_index(crowded: Connection) -> None:
    crowded.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    compiled = overdue_tasks(due_for=bindparam("due_for", type_=Interval), whose=true()).compile(
        dialect=postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    )
    statement = str(compiled).replace(":due_for", "$1").replace(":param_1", "1")
    crowded.execute(text(f"PREPARE overdue (interval) AS {statement}"))
    assert _plan(crowded, statement="EXECUTE overdue ('60 s')") == {"media_process_overdue_idx"}


def test_a_claim_confined_to_many_tasks_uses_its_index(crowded: Connection) -> None:
    own = ",".join(map(str, range(STRUCK_OUT_ROWS + 1, STRUCK_OUT_ROWS + DUE_ROWS + 70_000)))
    assert _plan(crowded, statement=_claim_text(only=f"'{{{own}}}'")) == {"media_process_claim_idx"}


def test_without_the_literal_predicate_a_generic_plan_cannot_use_it(crowded: Connection) -> None:
    """The control: the same statement with the 3 as a parameter walks the table."""
    statement = _claim_text(limit="$1").replace("fail_count < 3", "fail_count < $2")
    crowded.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    crowded.execute(text(f"PREPARE claim (bigint, integer) AS {statement}"))
    assert "media_process_claim_idx" not in _plan(crowded, statement="EXECUTE claim (2, 3)")


# What each of them carries, and the same in words that it cannot carry.
_CARRIED = {
    "media_process_claim_idx": ("fail_count < 3", "fail_count < 4"),
    "media_process_pkey": ("media_process.id = due_tasks.id", "media_process.id + 0 = due_tasks.id"),
    "media_files_pkey": ("media_files.id = claimed_tasks.file_id", "media_files.id || '' = claimed_tasks.file_id"),
}
_INDEXES = _CARRIED.keys()
_MODES = ("force_custom_plan", "force_generic_plan")
_PARAMETER = re.compile(r"(?<!:):(\w+)")
_GIVEN = {
    "claimant": UUID(int=1),
    "lease": "60 s",
    "most": 2,
    "left_out": "{}",
    "own_index": 1,
    "own_total": 3,
    "own_bucket": "media",
    "known_profiles": "{mp4}",
    "lacking_decoders": "{svq3}",
    "after_priority": 0,
    "after_id": STRUCK_OUT_ROWS + DUE_ROWS // 2,
}


def test_the_whole_claim_walks_indexes_only(crowded: Connection) -> None:
    """The look, the guarded UPDATE, the record of the attempt and the file's size: one statement, as it is sent."""
    for mode in _MODES:
        tick, refill = (_plan_of_the_whole(crowded, mode=mode, goes_on=goes_on) for goes_on in (False, True))
        assert tick == _INDEXES
        # Behind the latest task there may be so few that the key alone is the shorter way.
        assert _INDEXES - {"media_process_claim_idx"} <= refill <= _INDEXES


def test_what_no_index_carries_any_more_walks_another_way(crowded: Connection) -> None:
    """The control of the one above, for each part of the statement: the index that carries it is missed."""
    for mode in _MODES:
        for index, (clause, without_index) in _CARRIED.items():
            plan = _plan_of_the_whole(crowded, mode=mode, goes_on=False, instead=(clause, without_index))
            assert index not in plan


def _plan_of_the_whole(
    connection: Connection, *, mode: str, goes_on: bool, instead: tuple[str, str] = ("", "")
) -> set[str]:
    """What the claim walks when it is prepared with a parameter for each value, as the driver does."""
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    compiled = _own_tasks(Shard(1, 3), is_confined=False, goes_on=goes_on, has_reach=True).compile(dialect=dialect)
    expanded = compiled.construct_expanded_state(_GIVEN)
    assert instead[0] in expanded.statement
    sent = expanded.statement.replace(*instead)
    names = list(dict.fromkeys(_PARAMETER.findall(sent)))
    types = ", ".join(compiled.binds[name].type.compile(dialect) for name in names)
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sent)
    values = map(expanded.parameters.get, names)
    constants = ", ".join("NULL" if value is None else f"'{value}'" for value in values)
    connection.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
    connection.execute(text(f"PREPARE whole_claim ({types}) AS {numbered}"))
    plan = _plan(connection, statement=f"EXECUTE whole_claim ({constants})")
    connection.execute(text("DEALLOCATE whole_claim"))
    return plan


def _claim_text(*, limit: str = "2", only: str | None = None) -> str:
    """The SELECT of the claim as the driver gets it, but for the limit and the ids that confine it."""
    confined = None if only is None else bindparam("only", (), type_=IDS)
    compiled = due_tasks(limit=2, whose=of_shard(Shard(1, 3), only=confined)).compile(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
        compile_kwargs={"render_postcompile": True},
    )
    return str(compiled).replace(":param_1", limit).replace(":only", only or "")


def _plan(connection: Connection, *, statement: str) -> set[str]:
    """The names of the indexes that the plan walks; a sequential scan has none and is shown as its table."""
    lines = connection.scalars(text(f"EXPLAIN {statement}")).all()
    plan = "\n".join(lines)
    indexes = {word for word in plan.replace("(", " ").split() if word.endswith(("_idx", "_pkey"))}
    return indexes | {line.strip() for line in lines if "Seq Scan" in line}
