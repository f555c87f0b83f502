from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Row, text

from mediaproc.core.errors import PartMissing
from mediaproc.db.database import Database
from mediaproc.db.engine import connect
from mediaproc.db.migrate import configuration, migrate
from mediaproc.db.schema_version import SCHEMA_REVISION, current_revision, require_known_revision
from mediaproc.db.tasks.insert import insert_task


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = connect(empty_database_url, has_statement_timeout=False)
    yield engine
    engine.dispose()


def test_the_program_knows_the_newest_revision(engine: Engine) -> None:
    with engine.connect() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [SCHEMA_REVISION]


def test_the_migrations_make_what_the_schema_says(engine: Engine) -> None:
    with engine.connect() as connection:
        command.check(configuration(connection))


def test_up_down_and_up_again(empty: Engine) -> None:
    assert migrate(Database(empty)) == (None, SCHEMA_REVISION)
    with empty.connect() as connection:
        command.downgrade(configuration(connection), "base")
        connection.commit()
        left = connection.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'ops')")
        ).all()
    assert left == ["mediaproc_version"]
    assert migrate(Database(empty)) == (None, SCHEMA_REVISION)
    assert migrate(Database(empty)) == (SCHEMA_REVISION, SCHEMA_REVISION)


@pytest.mark.parametrize("earlier", [None, "0004"])
def test_two_migrations_at_once_wait_for_each_other(empty: Engine, earlier: str | None) -> None:
    if earlier is not None:
        tables_of_an_earlier_release(empty, earlier)
    with ThreadPoolExecutor(4) as threads:
        before = [future.result()[0] for future in [threads.submit(migrate, Database(empty)) for _ in range(4)]]
    assert sorted(before, key=str) == sorted([SCHEMA_REVISION] * 3 + [earlier], key=str)


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("0000", "older than this mediaproc's .*: run `mediaproc migrate`"),
        ("9999", "too new for this mediaproc's .*: install .*`pip install --upgrade mediaproc`"),
    ],
)
def test_an_executor_refuses_a_schema_that_does_not_serve_it(engine: Engine, revision: str, says: str) -> None:
    with engine.begin() as connection:
        require_known_revision(connection)
        _say_that_it_is_of(revision, oldest_client=revision, connection=connection)
        with pytest.raises(PartMissing, match=says):
            require_known_revision(connection)


@pytest.mark.parametrize("oldest_client", ["0001", SCHEMA_REVISION])
def test_newer_tables_are_accepted_down_to_the_oldest_client_that_they_name(engine: Engine, oldest_client: str) -> None:
    with engine.begin() as connection:
        _say_that_it_is_of("9999", oldest_client=oldest_client, connection=connection)
        assert require_known_revision(connection) == "9999"
    assert migrate(Database(engine)) == ("9999", "9999")


def _say_that_it_is_of(revision: str, *, oldest_client: str, connection: Connection) -> None:
    connection.execute(
        text("UPDATE mediaproc_version SET version_num = :revision, oldest_client = :oldest_client"),
        {"revision": revision, "oldest_client": oldest_client},
    )


@pytest.mark.parametrize("theirs", ["0004", SCHEMA_REVISION, "3f2a9c1b7d44"])
def test_another_applications_alembic_version_is_neither_read_nor_written(empty: Engine, theirs: str) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:theirs)"), {"theirs": theirs})
    with empty.begin() as other:
        # Who reads it now, or writes it, waits for longer than a lock is waited for.
        other.execute(text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        with (
            empty.begin() as connection,
            pytest.raises(PartMissing, match="no tables of mediaproc yet: run `mediaproc migrate`"),
        ):
            require_known_revision(connection)
        assert migrate(Database(empty)) == (None, SCHEMA_REVISION)
        with empty.begin() as connection:
            assert require_known_revision(connection) == SCHEMA_REVISION
        assert other.scalars(text("SELECT version_num FROM alembic_version")).all() == [theirs]
        assert other.scalar(text("SELECT count(*) FROM media_process")) == 0


@pytest.mark.parametrize("revision", ["0001", "0004", "0005"])
def test_what_an_earlier_release_wrote_into_alembic_version_is_carried_over_and_left(
    empty: Engine, revision: str
) -> None:
    tables_of_an_earlier_release(empty, revision)
    with (
        empty.begin() as connection,
        pytest.raises(PartMissing, match=f"of revision {revision}, older .*: run `mediaproc migrate`"),
    ):
        require_known_revision(connection)
    assert migrate(Database(empty)) == (revision, SCHEMA_REVISION)
    assert migrate(Database(empty)) == (SCHEMA_REVISION, SCHEMA_REVISION)
    with empty.connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [revision]


def test_a_table_of_somebody_else_with_one_of_our_names_is_told_of_and_left(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE media_files (theirs int)"))
    with pytest.raises(PartMissing, match=r"has media_files already, .*: give mediaproc a database of its own"):
        migrate(Database(empty))


def tables_of_an_earlier_release(engine: Engine, revision: str) -> None:
    """As a release made them that kept its revision in alembic's default table."""
    with engine.connect() as connection:
        command.upgrade(configuration(connection), revision)
        connection.execute(text("ALTER TABLE mediaproc_version RENAME TO alembic_version"))
        connection.execute(text("ALTER INDEX mediaproc_version_pkc RENAME TO alembic_version_pkc"))
        connection.commit()


def test_a_database_without_tables_is_told_to_migrate(empty: Engine) -> None:
    with empty.connect() as connection:
        assert current_revision(connection) is None
        with pytest.raises(PartMissing, match="run `mediaproc migrate`"):
            require_known_revision(connection)


def test_what_waits_keeps_its_order_and_who_comes_then_stands_behind_its_own(empty: Engine) -> None:
    """The fair order begins with the migration to it; a tenant that comes then need not wait for all that waits."""
    with empty.connect() as connection:
        command.upgrade(configuration(connection), "0018")
        connection.execute(text(_WAITING))
        by_priority = connection.scalars(text("SELECT id FROM media_process ORDER BY priority DESC, id")).all()
        command.upgrade(configuration(connection), "0019")
        by_position = connection.scalars(text("SELECT id FROM media_process ORDER BY position, id")).all()
        assert by_position == by_priority
        own, stranger = (
            connection.scalars(
                text("SELECT count(*) FROM media_process WHERE (position, id) < (:position, :id)"),
                {"position": row.position, "id": row.id},
            ).one()
            for row in (_enqueue(connection, number=1, tenant=""), _enqueue(connection, number=2, tenant="stranger"))
        )
        # The stranger came last, and is before it.
        assert own == len(by_priority) + 1
        more_urgent = connection.scalars(text("SELECT count(*) FROM media_process WHERE priority > -3")).one()
        assert stranger == more_urgent + 1 < own


# In another order than by priority; many of one priority above the lowest, so that they share its 60 s.
_WAITING = """
INSERT INTO media_files (id, filename, bucket, object_key, mime_type, size, status)
SELECT repeat('0', 63) || n, 'clip', 'media', 'key', 'video/mp4', 1, 'stored' FROM generate_series(0, 2) n;
INSERT INTO media_process (file_id, profile, filename, bucket, object_key, priority)
SELECT repeat('0', 64), 'profile ' || n, 'clip', 'media', 'key',
  CASE WHEN n % 7 = 0 THEN 1000 WHEN n % 7 < 4 THEN 1 WHEN n % 7 = 4 THEN 0 ELSE -3 END
FROM generate_series(1, 1000) n
"""


def _enqueue(connection: Connection, *, number: int, tenant: str) -> Row[tuple[int, float]]:
    task = insert_task(
        connection, file_id=f"{number:064}", profile="mp4", filename="clip", priority=-3, tenant=tenant, cost=1.0
    )
    return connection.execute(text("SELECT id, position FROM media_process WHERE id = :id"), {"id": task.id}).one()
