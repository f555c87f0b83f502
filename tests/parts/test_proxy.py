"""The proxy injects into PostgreSQL's connections the faults that the chaos tests rely on."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.parts.postgres import PostgresServer
from tests.parts.proxy import PostgresProxy, postgres_proxy_to


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[PostgresProxy]:
    with postgres_proxy_to(postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def direct(postgres_server: PostgresServer) -> Iterator[psycopg.Connection]:
    name = postgres_server.create_database(migrated=False)
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        connection.execute("CREATE TABLE noted (what text)")
        yield connection
    postgres_server.drop_database(name)


@pytest.fixture
def client(
    postgres_server: PostgresServer, proxy: PostgresProxy, direct: psycopg.Connection
) -> Iterator[psycopg.Connection]:
    url = postgres_server.url(direct.info.dbname, port=proxy.port)
    connection = psycopg.connect(url, autocommit=True)
    yield connection
    connection.close()


def noted(direct: psycopg.Connection) -> list[str]:
    return [row[0] for row in direct.execute("SELECT what FROM noted ORDER BY what")]


def test_what_passes_is_not_changed(client: psycopg.Connection) -> None:
    text = "x" * 300_000
    assert client.execute("SELECT %s", [text]).fetchone() == (text,)


def test_a_held_statement_reaches_the_server_when_it_is_released(
    proxy: PostgresProxy, client: psycopg.Connection, direct: psycopg.Connection
) -> None:
    hold = proxy.hold("INSERT INTO noted")
    writer = threading.Thread(target=client.execute, args=("INSERT INTO noted VALUES ('late')",))
    writer.start()
    assert hold.reached.wait(30)
    assert noted(direct) == []
    hold.release()
    writer.join(30)
    assert noted(direct) == ["late"]


def test_a_cut_commit_is_executed_and_unheard(
    proxy: PostgresProxy, client: psycopg.Connection, direct: psycopg.Connection
) -> None:
    cut = proxy.cut_commit("INSERT INTO noted")
    with pytest.raises(psycopg.OperationalError), client.transaction():
        client.execute("INSERT INTO noted VALUES (%s)", ["unheard"])
    assert cut.wait_for(1)
    assert noted(direct) == ["unheard"]


def test_a_statement_outside_of_a_transaction_is_its_own_commit(
    proxy: PostgresProxy, client: psycopg.Connection, direct: psycopg.Connection
) -> None:
    cut = proxy.cut_commit("INSERT INTO noted")
    with pytest.raises(psycopg.OperationalError):
        client.execute("INSERT INTO noted VALUES ('alone')")
    assert cut.wait_for(1)
    assert noted(direct) == ["alone"]


def test_a_prepared_statement_counts_each_time_that_it_is_executed(
    proxy: PostgresProxy, client: psycopg.Connection, direct: psycopg.Connection
) -> None:
    seen = proxy.watch("INSERT INTO noted")
    for what in ("one", "two"):
        client.execute("INSERT INTO noted VALUES (%s)", [what], prepare=True)
    assert (seen.count, noted(direct)) == (2, ["one", "two"])


def test_what_is_swallowed_arrives_after_healing(
    proxy: PostgresProxy, client: psycopg.Connection, direct: psycopg.Connection
) -> None:
    proxy.swallow()
    writer = threading.Thread(target=client.execute, args=("INSERT INTO noted VALUES ('swallowed')",))
    writer.start()
    assert noted(direct) == []
    proxy.heal()
    writer.join(30)
    assert noted(direct) == ["swallowed"]


def test_refused_means_now_and_again_later(
    proxy: PostgresProxy, client: psycopg.Connection, postgres_server: PostgresServer
) -> None:
    proxy.refuse()
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_server.url(port=proxy.port))
    proxy.heal()
    with psycopg.connect(postgres_server.url(port=proxy.port)) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_is_cut_after_so_many_bytes(proxy: PostgresProxy, client: psycopg.Connection) -> None:
    proxy.cut_after(1000)
    assert client.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT repeat('x', 100000)")
