from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from mediaproc.core.errors import PartMissing
from mediaproc.db.engine import connect
from mediaproc.db.migrate import configuration, migrate
from mediaproc.db.revision import SCHEMA_REVISION, current_revision, require_known_revision


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = connect(empty_database_url, patient=True)
    yield engine
    engine.dispose()


def test_the_program_knows_the_newest_revision(engine: Engine) -> None:
    with engine.connect() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [SCHEMA_REVISION]


def test_the_migrations_make_what_the_schema_says(engine: Engine) -> None:
    with engine.connect() as connection:
        command.check(configuration(connection))


def test_up_down_and_up_again(empty: Engine) -> None:
    assert migrate(empty) == (None, SCHEMA_REVISION)
    with empty.connect() as connection:
        command.downgrade(configuration(connection), "base")
        connection.commit()
        left = connection.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'ops')")
        ).all()
    assert left == ["alembic_version"]
    assert migrate(empty) == (None, SCHEMA_REVISION)
    assert migrate(empty) == (SCHEMA_REVISION, SCHEMA_REVISION)


def test_two_migrations_at_once_wait_for_each_other(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as threads:
        before = sorted(str(future.result()[0]) for future in [threads.submit(migrate, empty) for _ in range(4)])
    assert before == sorted([SCHEMA_REVISION] * 3 + ["None"])


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("0000", "older than this mediaproc's .*: run `mediaproc migrate`"),
        ("9999", "newer than this mediaproc's .*: install .*`pip install --upgrade mediaproc`"),
    ],
)
def test_an_executor_refuses_a_schema_that_it_does_not_know(engine: Engine, revision: str, says: str) -> None:
    with engine.begin() as connection:
        require_known_revision(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        with pytest.raises(PartMissing, match=says):
            require_known_revision(connection)


def test_a_database_without_tables_is_told_to_migrate(empty: Engine) -> None:
    with empty.connect() as connection:
        assert current_revision(connection) is None
        with pytest.raises(PartMissing, match="run `mediaproc migrate`"):
            require_known_revision(connection)
