"""Executor, enqueuer and operator have the rights that their statements use, and each of these is needed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from mediaproc.core.errors import PartMissing, WrongUse
from mediaproc.db.engine import connect
from mediaproc.db.faults import translated
from mediaproc.db.grants import DEFAULT_NAMES, apply_grants, statements
from mediaproc.db.rights import RIGHTS, ROLES, Right
from mediaproc.db.schema import metadata
from mediaproc.db.server import server_facts
from tests.db.all_statements import STATEMENTS_BY_ROLE
from tests.db.sample_rows import insert_task
from tests.parts.postgres import as_role

_FORBIDDEN = "42501"
# A statement as the driver gets it, and its parameters.
_Sent: TypeAlias = tuple[str, Any]


def _one_by_one(role: str) -> Iterator[Right]:
    """Each right, column by column."""
    for right in RIGHTS[role]:
        if right.columns:
            yield from (replace(right, columns=(column,)) for column in right.columns)
        else:
            yield right


def _run_as(connection: Connection, role: str) -> None:
    connection.execute(text(f"SET LOCAL ROLE {DEFAULT_NAMES[role]}"))
    STATEMENTS_BY_ROLE[role](connection)


@pytest.mark.parametrize("role", RIGHTS)
def test_its_rights_are_enough_for_all_that_it_does(engine: Engine, role: str) -> None:
    with engine.begin() as connection:
        _run_as(connection, role)


@pytest.mark.parametrize("role", RIGHTS)
def test_without_any_one_of_them_something_is_refused(engine: Engine, role: str) -> None:
    sent = _sent_by(engine, role)
    needless = [str(right) for right in _one_by_one(role) if not _is_needed(engine, role, right, sent=sent)]
    assert needless == []


def _sent_by(engine: Engine, role: str) -> list[_Sent]:
    """What the role sends, each once."""
    sent: dict[str, _Sent] = {}

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401 - a driver's
        sent.setdefault(statement, (statement, parameters))

    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", note)
        _run_as(connection, role)
    return list(sent.values())


def _is_needed(engine: Engine, role: str, right: Right, *, sent: list[_Sent]) -> bool:
    """Whether something is refused without it: first of what names its relation, then of all in its order."""
    with engine.connect() as connection:
        connection.execute(text(f"REVOKE {right} FROM {DEFAULT_NAMES[role]}"))
        connection.execute(text(f"SET LOCAL ROLE {DEFAULT_NAMES[role]}"))
        if any(_is_refused(connection, each) for each in sent if right.relation in each[0]):
            return True
        connection.execute(text("RESET ROLE"))
        try:
            _run_as(connection, role)
        except ProgrammingError as error:
            return getattr(error.orig, "sqlstate", None) == _FORBIDDEN
        return False


def _is_refused(connection: Connection, sent: _Sent) -> bool:
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(*sent)
    except DBAPIError as error:
        return getattr(error.orig, "sqlstate", None) == _FORBIDDEN
    finally:
        savepoint.rollback()
    return False


def test_a_right_that_nothing_needs_is_found(engine: Engine) -> None:
    """The control of the one above."""
    needless = Right(privilege="INSERT", relation="media_files")
    assert not _is_needed(engine, "operator", needless, sent=_sent_by(engine, "operator"))


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("executor", "INSERT INTO media_process (file_id, profile) VALUES ('x', 'mp4')"),
        ("executor", "UPDATE media_process SET object_key = 'of another'"),
        ("executor", "DELETE FROM media_process_history"),
        ("executor", "UPDATE media_process_history SET output_key = 'mine'"),
        ("executor", "DELETE FROM media_audit"),
        ("executor", "UPDATE mediaproc_version SET version_num = '0000'"),
        ("executor", "DROP TABLE media_executor"),
        ("executor", "CREATE TABLE public.mine (id int)"),
        ("executor", "SELECT secret_sha256 FROM media_token"),
        ("executor", "INSERT INTO media_token (id) VALUES ('mine')"),
        ("executor", "SELECT key FROM media_web_key"),
        ("enqueuer", "SELECT * FROM media_session"),
        ("enqueuer", "SELECT media_access_prune(0, 1)"),
        ("enqueuer", "DELETE FROM media_process"),
        ("enqueuer", "DELETE FROM media_files"),
        ("enqueuer", "UPDATE media_process SET status = 'pending'"),
        ("enqueuer", "SELECT * FROM media_process_attempt"),
        ("operator", "DELETE FROM media_process_history"),
        ("operator", "UPDATE media_process_history SET finished_at = now()"),
        ("operator", "UPDATE media_process SET object_key = 'of another'"),
        ("operator", "DELETE FROM media_process_attempt"),
        ("operator", "DELETE FROM media_token"),
        ("operator", "UPDATE media_token SET scopes = '{admin}'"),
        ("operator", "UPDATE media_web_key SET key = 'mine'"),
        ("operator", "INSERT INTO media_files (id) VALUES ('x')"),
        ("operator", "COPY media_files TO PROGRAM 'true'"),
    ],
)
def test_what_is_not_its_own_is_refused_in_one_sentence(engine: Engine, role: str, statement: str) -> None:
    with engine.connect() as connection:
        # As it has been since PostgreSQL 15.
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM public"))
        connection.execute(text(f"SET LOCAL ROLE {DEFAULT_NAMES[role]}"))
        with pytest.raises(PartMissing) as refused, translated():
            connection.execute(text(statement))
    told = str(refused.value)
    assert told.startswith("The database refuses (")
    assert "`mediaproc grants` prints what an executor, an enqueuer and an operator need" in told
    assert "\n" not in told


def test_an_executor_counts_the_connections_of_others(engine: Engine, database_url: str) -> None:
    executor = connect(as_role(database_url, DEFAULT_NAMES["executor"]))
    with ExitStack() as opened:
        opened.callback(executor.dispose)
        for _ in range(4):
            opened.enter_context(engine.connect())
        with executor.connect() as connection:
            assert server_facts(connection).connections >= 5


def test_every_table_and_view_is_somebodys(engine: Engine) -> None:
    known = {f"{right.relation}" for rights in RIGHTS.values() for right in rights}
    with engine.connect() as connection:
        views = connection.scalars(text("SELECT 'ops.' || viewname FROM pg_views WHERE schemaname = 'ops'")).all()
    assert {*metadata.tables, *views} <= known


def test_the_same_again_changes_nothing_and_what_was_more_is_taken_away(engine: Engine) -> None:
    with engine.begin() as connection:
        before = _rights(connection)
        apply_grants(connection, names=DEFAULT_NAMES)
        assert _rights(connection) == before
        name = DEFAULT_NAMES["enqueuer"]
        connection.execute(text(f"GRANT DELETE, UPDATE (url) ON media_files TO {name}"))
        connection.execute(text(f"GRANT SELECT ON ops.backlog TO {name}"))
        assert _rights(connection) != before
        apply_grants(connection, names=DEFAULT_NAMES)
        assert _rights(connection) == before


def _rights(connection: Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(
        text(
            "SELECT relname, relacl::text, array_agg(attname || attacl::text ORDER BY attname)"
            " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace IN ('public'::regnamespace, 'ops'::regnamespace) AND relkind IN ('r', 'v')"
            " GROUP BY relname, relacl::text ORDER BY relname"
        )
    )
    return [tuple(row) for row in rows]


def test_a_role_may_have_any_name(engine: Engine) -> None:
    names = {"executor": 'Ann\'s "node" 100%:x', "enqueuer": "select", "operator": "电影", "server": "a b"}
    with engine.connect() as connection:
        apply_grants(connection, names=names)
        insert_task(connection, 1)
        for role in RIGHTS:
            quoted = names[role].replace('"', '""')
            connection.exec_driver_sql(f'SET LOCAL ROLE "{quoted}"', execution_options={"no_parameters": True})
            STATEMENTS_BY_ROLE[role](connection)
            connection.exec_driver_sql("RESET ROLE")


def test_whoever_owns_the_tables_is_not_deprived_of_them(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(WrongUse, match="owns the tables"):
        apply_grants(connection, names=DEFAULT_NAMES | {"executor": str(engine.url.username)})


def test_what_is_printed_does_what_is_applied(engine: Engine) -> None:
    names = {role: f"printed_{role}" for role in ROLES}
    with engine.connect() as connection:
        for statement in statements(names):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        for role, run_statements in STATEMENTS_BY_ROLE.items():
            _as(connection, names[role], run_statements)


def _as(connection: Connection, name: str, run_statements: Callable[[Connection], None]) -> None:
    connection.execute(text(f"SET LOCAL ROLE {name}"))
    run_statements(connection)
    connection.execute(text("RESET ROLE"))
