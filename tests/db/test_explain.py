"""The claim's cost depends neither on what has ended nor on what others wait for: each look walks its own index."""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects import postgresql

from mediaproc.core.shard import Shard
from mediaproc.db.engine import connect
from mediaproc.db.executor_registry import register
from mediaproc.db.tasks.claim import _claim_of
from mediaproc.db.tasks.due_tasks import unfinished
from mediaproc.db.tasks.looks import LookShape, Whose
from mediaproc.db.tasks.shard_indexes import index_totals
from tests.db.task_rows import registration

HISTORY_ROWS, STRUCK_OUT_ROWS, DUE_ROWS = 20_000, 5_000, 1_000
DUE_AT_FIRST = 10
SHARD = Shard(1, 3)

_FILL = f"""
ALTER TABLE media_process SET (autovacuum_enabled = off);

INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT encode(sha256(n::text::bytea), 'hex'), 'clip', 'media', 'key', 'video/mp4', 1, 'stored'
FROM generate_series(1, {STRUCK_OUT_ROWS + DUE_ROWS}) n;

INSERT INTO media_process_history
    (id, file_id, profile, filename, bucket, object_key, priority, fail_count, attempt, outcome, created_at)
SELECT 10000000 + n, encode(sha256(n::text::bytea), 'hex'), 'mp4', 'clip', 'media', 'key', 0, 0, 1, 'cancelled', now()
FROM generate_series(1, {HISTORY_ROWS}) n;

"""  # noqa: S608 - numbers of our own
_INSERT = f"""
INSERT INTO media_process
    (file_id, profile, filename, bucket, object_key, status, fail_count, error_class, error, next_attempt_at)
SELECT encode(sha256(n::text::bytea), 'hex'), 'mp4', 'clip', 'media', 'key',
       CASE WHEN n <= {STRUCK_OUT_ROWS} THEN 'failed' ELSE 'pending' END,
       CASE WHEN n <= {STRUCK_OUT_ROWS} THEN 3 ELSE 0 END, 'lost', 'three strikes', now() - interval '1 hour'
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n;
"""  # noqa: S608 - numbers of our own


@pytest.fixture(params=["statistics missing", "statistics from before the burst", "statistics fresh"])
def crowded(request: pytest.FixtureRequest, engine: Engine, database_url: str) -> Iterator[Connection]:
    """Many struck-out tasks, then a burst of due ones, with the index of the total that an executor uses."""
    patient = connect(database_url, has_statement_timeout=False)
    with patient.begin() as connection:
        connection.execute(text(_FILL))
        connection.execute(text(_INSERT), {"first": 1, "last": STRUCK_OUT_ROWS + DUE_AT_FIRST})
        register(connection, registration=registration(shard=SHARD))
        assert index_totals(connection)
        if request.param == "statistics from before the burst":
            connection.execute(text("ANALYZE"))
        last = STRUCK_OUT_ROWS + DUE_ROWS
        connection.execute(text(_INSERT), {"first": STRUCK_OUT_ROWS + DUE_AT_FIRST + 1, "last": last})
        if request.param == "statistics fresh":
            connection.execute(text("ANALYZE"))
    patient.dispose()
    with engine.begin() as connection:
        yield connection


_OVERDUE, _OWN, _OTHERS = (LookShape(whose=whose) for whose in (Whose.OVERDUE, Whose.OWN, Whose.OTHERS))
_CONFINED = LookShape(whose=Whose.OWN, is_confined=True)
_BEHIND = {whose: LookShape(whose=whose, goes_on=True) for whose in (Whose.OWN, Whose.OTHERS)}
_KEYS = {"media_process_pkey", "media_files_pkey"}
# What each look walks, and the same condition in words that its index does not carry.
_INDEX = {
    Whose.OVERDUE: "media_process_claim_idx",
    Whose.OWN: "media_process_claim_3_idx",
    Whose.OTHERS: "media_process_claim_idx",
}
_MODES = ("force_custom_plan", "force_generic_plan")
_CLAIMS = [
    *([look] for look in (_OVERDUE, _OWN, _OTHERS, _CONFINED)),
    # An executor that steals, at its tick.
    [_OVERDUE, _OWN, _OTHERS],
    [_OWN, _BEHIND[Whose.OTHERS]],
]


def test_the_whole_claim_walks_the_index_of_each_look_and_the_keys(crowded: Connection) -> None:
    """The looks, the guarded UPDATE, the record of the attempt and the file's size: one statement, as it is sent."""
    for mode, looks in product(_MODES, _CLAIMS):
        expected = {_INDEX[look.whose] for look in looks}
        # Whether a look at the others is worth it.
        asked = {"media_process_overdue_idx"} if _OTHERS in looks else set()
        # Behind the latest task there may be so few that the key alone is the shorter way.
        gone_on = {_INDEX[look.whose] for look in looks if look.goes_on}
        walked = _walked_by_claim(crowded, looks, mode=mode)
        assert (expected - gone_on) | _KEYS <= walked <= expected | asked | _KEYS, (mode, looks)


AUTOMATIC = Shard(1, 3, is_auto=True)
_OF_BUCKETS = "media_process_claim_bucket_idx"
_OWN_BUCKETS = {
    "one": Shard(1, 100, is_auto=True).buckets,
    "a third": AUTOMATIC.buckets,
    "half": Shard(0, 2, is_auto=True).buckets,
}


@pytest.mark.parametrize("buckets", _OWN_BUCKETS.values(), ids=_OWN_BUCKETS)
def test_the_claim_of_an_automatic_shard_walks_the_one_index_of_all_totals(
    crowded: Connection, buckets: Sequence[int]
) -> None:
    """In each of its buckets, in the order of the claim, up to the limit; only what is taken is locked, by its key."""
    for mode, looks in product(_MODES, (claimed for claimed in _CLAIMS if claimed != [_CONFINED])):
        expected = {_OF_BUCKETS if look.whose is Whose.OWN else _INDEX[look.whose] for look in looks}
        asked = {"media_process_overdue_idx"} if _OTHERS in looks else set()
        gone_on = {_INDEX[look.whose] for look in looks if look.goes_on}
        walked = _walked_by_claim(crowded, looks, mode=mode, shard=AUTOMATIC, buckets=buckets)
        assert (expected - gone_on) | _KEYS <= walked <= expected | asked | _KEYS, (mode, looks)


def test_a_refill_of_an_automatic_shard_walks_it_too(crowded: Connection) -> None:
    for mode in _MODES:
        walked = _walked_by_claim(crowded, [_BEHIND[Whose.OWN]], mode=mode, shard=AUTOMATIC)
        # Behind the latest task there may be so few that the index of all is the shorter way.
        assert _KEYS <= walked <= {_OF_BUCKETS, _INDEX[Whose.OTHERS], *_KEYS}, mode


def test_without_the_index_of_the_buckets_an_automatic_shard_walks_another_way(crowded: Connection) -> None:
    """The control of the two above."""
    crowded.execute(text(f"DROP INDEX {_OF_BUCKETS}"))
    for mode in _MODES:
        assert _OF_BUCKETS not in _walked_by_claim(crowded, [_OWN], mode=mode, shard=AUTOMATIC)


def test_whether_anything_is_left_to_do_anywhere_is_told_by_indexes(crowded: Connection) -> None:
    walked = _walked_by_unfinished(crowded, shard=AUTOMATIC)
    assert walked == {"media_process_processing_idx", "media_process_overdue_idx"}


def test_a_refill_walks_indexes_only(crowded: Connection) -> None:
    for mode, look in product(_MODES, _BEHIND.values()):
        walked = _walked_by_claim(crowded, [look], mode=mode)
        assert _KEYS <= walked <= _KEYS | set(_INDEX.values()), (mode, look)


def test_without_its_index_a_look_walks_another_way(crowded: Connection) -> None:
    """The control: the tests above would notice that an index is missing."""
    for index in set(_INDEX.values()):
        crowded.execute(text(f"DROP INDEX {index}"))
    for whose, index in _INDEX.items():
        for mode in _MODES:
            assert index not in _walked_by_claim(crowded, [LookShape(whose=whose)], mode=mode)


_CARRIED = {
    "media_process_claim_3_idx": ("(status = 'pending' OR", "(status || '' = 'pending' OR"),
    "media_process_pkey": ("media_process.id = ANY (array", "media_process.id + 0 = ANY (array"),
    "media_files_pkey": ("media_files.id = claimed_tasks.file_id", "media_files.id || '' = claimed_tasks.file_id"),
}


def test_what_no_index_carries_any_more_walks_another_way(crowded: Connection) -> None:
    """The control, for each part of the statement: the index that carries it is missed."""
    for mode, (index, instead) in product(_MODES, _CARRIED.items()):
        assert index not in _walked_by_claim(crowded, [_OWN], mode=mode, instead=instead)


def test_another_total_works_at_once_by_the_index_of_all(crowded: Connection) -> None:
    for mode in _MODES:
        walked = _walked_by_claim(crowded, [_OWN], mode=mode, shard=Shard(2, 7))
        assert walked == {"media_process_claim_idx", *_KEYS}


def test_whether_a_shard_is_done_is_told_by_indexes(crowded: Connection) -> None:
    assert _walked_by_unfinished(crowded) == {"media_process_claim_3_idx", "media_process_processing_idx"}


def test_without_the_index_of_its_total_it_is_not(crowded: Connection) -> None:
    """The control of the one above."""
    crowded.execute(text("DROP INDEX media_process_claim_3_idx"))
    assert "media_process_claim_3_idx" not in _walked_by_unfinished(crowded)


_PARAMETER = re.compile(r"(?<!:):(\w+)")
_GIVEN = {
    "claimant": UUID(int=1),
    "lease": "60 s",
    "most": 2,
    "left_out": "{}",
    "most_of_each_bucket": 3,
    "own_index": SHARD.index,
    "own_total": SHARD.total,
    "own_bucket": "media",
    "known_profiles": "{mp4}",
    "lacking_decoders": "{svq3}",
    "own_only": "{" + ",".join(map(str, range(STRUCK_OUT_ROWS, STRUCK_OUT_ROWS + 70_000))) + "}",
    **{f"{whose}_due_for": "60 s" for whose in Whose},
    **{f"{whose}_after_position": 0.0 for whose in Whose},
    **{f"{whose}_after_id": STRUCK_OUT_ROWS + DUE_ROWS // 2 for whose in Whose},
}


def _walked_by_claim(
    connection: Connection,
    looks: Sequence[LookShape],
    *,
    mode: str,
    shard: Shard = SHARD,
    instead: tuple[str, str] = ("", ""),
    buckets: Sequence[int] = AUTOMATIC.buckets,
) -> set[str]:
    """What the claim walks when it is prepared with a parameter for each value, as the driver does."""
    statement = _claim_of(tuple(looks), shard, has_reach=True)
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    compiled = statement.compile(dialect=dialect)
    own_buckets = "{" + ",".join(map(str, buckets)) + "}"
    expanded = compiled.construct_expanded_state({**_GIVEN, "own_buckets": own_buckets})
    assert instead[0] in expanded.statement
    sent = expanded.statement.replace(*instead)
    names = list(dict.fromkeys(_PARAMETER.findall(sent)))
    types = ", ".join(compiled.binds[name].type.compile(dialect) for name in names)
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sent)
    values = map(expanded.parameters.get, names)
    constants = ", ".join("NULL" if value is None else f"'{value}'" for value in values)
    connection.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
    connection.execute(text(f"PREPARE whole_claim ({types}) AS {numbered}"))
    walked = _walked(connection, statement=f"EXECUTE whole_claim ({constants})")
    connection.execute(text("DEALLOCATE whole_claim"))
    return walked


def _walked_by_unfinished(connection: Connection, *, shard: Shard = SHARD) -> set[str]:
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    compiled = unfinished(shard, only=None, has_reach=False).compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    return _walked(connection, statement=str(compiled))


def _walked(connection: Connection, *, statement: str) -> set[str]:
    """The names of the indexes that the plan walks; a sequential scan has none and is shown as its table."""
    lines = connection.scalars(text(f"EXPLAIN {statement}")).all()
    plan = "\n".join(lines)
    indexes = {word for word in plan.replace("(", " ").split() if word.endswith(("_idx", "_pkey"))}
    # That of the pauses has a handful of rows.
    whole = (line.strip() for line in lines if "Seq Scan" in line and "on media_pause" not in line)
    return indexes | set(whole)
