"""Migrations are additive first: while nodes are upgraded one after the other, older executors go on working."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from mediaproc.db.engine import connect
from mediaproc.db.migrate import configuration

_COLUMNS = """
SELECT table_schema || '.' || table_name AS place, column_name, udt_name, is_nullable = 'YES' AS takes_null,
  is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' AS may_be_left_out
FROM information_schema.columns
WHERE table_schema IN ('public', 'ops')
"""
# A unique index refuses as a constraint does. NOT NULL is told by the columns.
_REFUSALS = """
SELECT 'public.' || conrelid::regclass, pg_get_constraintdef(oid), ARRAY(
  SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) ORDER BY attnum
)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'x')
UNION ALL
SELECT 'public.' || indrelid::regclass, pg_get_indexdef(indexrelid), '{}'
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indisunique AND relnamespace = 'public'::regnamespace
"""


_WORD_LISTED = re.compile(r"('[^']*'::text)(?:, )?")


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a statement can expect of it."""

    type: str
    takes_null: bool
    may_be_left_out: bool

    def serves_for(self, older: "Column") -> bool:
        """Whether who wrote and read the older one can write and read this one."""
        return (
            self.type == older.type
            and self.takes_null >= older.takes_null
            and self.may_be_left_out >= older.may_be_left_out
        )


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What is there, views too, and what refuses rows; each by the name of its table."""

    columns: dict[tuple[str, str], Column]
    # With the columns that a constraint looks at.
    refusals: set[tuple[str, str, tuple[str, ...]]]

    @classmethod
    def of(cls, connection: Connection) -> "Tables":
        columns = {
            (place, name): Column(type=type_, takes_null=takes_null, may_be_left_out=may_be_left_out)
            for place, name, type_, takes_null, may_be_left_out in connection.execute(text(_COLUMNS))
        }
        refusals = {(place, said, tuple(names)) for place, said, names in connection.execute(text(_REFUSALS))}
        return cls(columns=columns, refusals=refusals)

    def has_none(self, place: str, names: tuple[str, ...]) -> bool:
        """Whether the table has none of these columns."""
        return not any((place, name) in self.columns for name in names)


def _is_met_by_older_clients(said: str, *, new: bool) -> bool:
    """Whether a CHECK looks at new columns alone, and takes the null that an older client leaves in them."""
    return new and said.startswith("CHECK") and "NOT NULL" not in said


def _only_allows_more(said: str, *, place: str, before: Tables) -> bool:
    """Whether a CHECK of listed words replaces one of the same form that listed some of them."""
    return any(
        place == earlier_place
        and _WORD_LISTED.sub("", said) == _WORD_LISTED.sub("", earlier)
        and set(_WORD_LISTED.findall(said)) > set(_WORD_LISTED.findall(earlier))
        for earlier_place, earlier, _ in before.refusals
    )


def taken_away(before: Tables, after: Tables) -> list[str]:
    """What a program that was written for the tables before can no longer do."""
    places = {place for place, _ in before.columns}
    found = [
        f"{place} refuses: {said}"
        for place, said, names in after.refusals - before.refusals
        if place in places
        and not _is_met_by_older_clients(said, new=bool(names) and before.has_none(place, names))
        and not _only_allows_more(said, place=place, before=before)
    ]
    for (place, name), was in before.columns.items():
        now = after.columns.get((place, name))
        if now is None or not now.serves_for(was):
            found.append(f"{place}.{name} is gone, or another")
    for place, name in after.columns.keys() - before.columns.keys():
        if place in places and not after.columns[place, name].may_be_left_out:
            found.append(f"{place} wants a {name}")
    return found


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = connect(empty_database_url, has_statement_timeout=False)
    yield engine
    engine.dispose()


def test_no_migration_takes_anything_away_from_older_executors(empty: Engine) -> None:
    with empty.connect() as connection:
        scripts = ScriptDirectory.from_config(configuration(connection))
        first, *later = reversed([script.revision for script in scripts.walk_revisions()])
        command.upgrade(configuration(connection), first)
        for revision in later:
            before = Tables.of(connection)
            assert ("public.media_process", "claim_token") in before.columns
            connection.commit()
            command.upgrade(configuration(connection), revision)
            assert taken_away(before, Tables.of(connection)) == [], revision
            connection.commit()
        # So that every client may go on: none is too old.
        assert connection.scalar(text("SELECT oldest_client FROM mediaproc_version")) == first


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE media_process DROP COLUMN progress CASCADE",
        "ALTER TABLE media_process RENAME COLUMN progress TO fraction",
        "ALTER TABLE media_process RENAME TO media_task",
        "ALTER TABLE media_process ALTER COLUMN priority TYPE smallint",
        "ALTER TABLE media_process ALTER COLUMN error SET NOT NULL",
        "ALTER TABLE media_process ALTER COLUMN status DROP DEFAULT",
        "ALTER TABLE media_process ADD COLUMN owner text NOT NULL",
        "ALTER TABLE media_process ADD CHECK (attempt < 10)",
        "ALTER TABLE media_process ADD COLUMN owner text CHECK (owner IS NOT NULL)",
        "ALTER TABLE media_process ADD COLUMN owner text, ADD CHECK (owner != filename)",
        "ALTER TABLE media_files ADD CHECK (status IN ('stored', 'lost'))",
        "CREATE UNIQUE INDEX ON media_process (filename)",
        "DROP VIEW ops.backlog",
    ],
)
def test_a_migration_that_takes_something_away_would_be_seen(engine: Engine, statement: str) -> None:
    assert changed_by(statement, engine=engine)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE media_process ADD COLUMN owner text",
        "ALTER TABLE media_process ADD COLUMN owner text CHECK (owner != '')",
        "ALTER TABLE media_process ADD COLUMN owner text NOT NULL DEFAULT 'nobody'",
        "ALTER TABLE media_process ALTER COLUMN filename DROP NOT NULL",
        "ALTER TABLE media_process DROP CONSTRAINT media_process_priority_in_range",
        (
            "ALTER TABLE media_files DROP CONSTRAINT media_files_status_is_known,"
            " ADD CHECK (status IN ('uploading', 'stored', 'lost'))"
        ),
        "CREATE INDEX ON media_process (filename)",
        "CREATE TABLE media_owner (id bigint PRIMARY KEY, name text NOT NULL CHECK (name != ''))",
    ],
)
def test_a_migration_that_only_adds_passes(engine: Engine, statement: str) -> None:
    assert changed_by(statement, engine=engine) == []


def changed_by(statement: str, *, engine: Engine) -> list[str]:
    with engine.begin() as connection:
        before = Tables.of(connection)
        connection.exec_driver_sql(statement)
        return taken_away(before, Tables.of(connection))
