"""Through a pooler everything works, with every timeout; a session is told from one that is lent."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text

from mediaproc.core.errors import Unavailable
from mediaproc.db import engine as database
from mediaproc.db.database import Database
from mediaproc.db.engine import is_pooled
from mediaproc.db.faults import translated
from mediaproc.db.listener import Heard, Listener
from mediaproc.db.pooler import Pooling, SharedSession, find_pooling
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer
from tests.parts.refusing_pooler import RefusingPooler
from tests.parts.waiting import until

pytestmark = needs_pgbouncer

TIMEOUTS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
    "TimeZone": "UTC",
}
# It refuses the options of a connection, or is told to take no notice of them.
POOLERS = {
    "transaction": ("transaction", ""),
    "options ignored": ("transaction", "ignore_startup_parameters = options"),
    "sessions in turn": ("transaction", "server_round_robin = 1"),
    "session": ("session", ""),
}
LENDING = [name for name, (mode, _) in POOLERS.items() if mode == "transaction"]


@pytest.fixture
def pooled(database_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine that goes through the pooler of this name."""
    mode, more = POOLERS[request.param]
    with running_pgbouncer(database_url, mode=mode, more=more) as url:
        engine = database.connect(url)
        yield engine
        engine.dispose()


def settings_of_a_transaction(engine: Engine) -> dict[str, str]:
    with translated(), engine.begin() as connection:
        return {name: connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) for name in TIMEOUTS}


@pytest.mark.parametrize("pooled", POOLERS, indirect=True)
def test_every_transaction_has_its_timeouts(pooled: Engine) -> None:
    for _ in range(3):
        assert settings_of_a_transaction(pooled) == TIMEOUTS
    # Two at once, so that there are two sessions.
    with pooled.begin() as connection:
        assert is_pooled(connection)
        assert settings_of_a_transaction(pooled) == TIMEOUTS


@pytest.mark.parametrize("pooled", ["transaction"], indirect=True)
def test_a_statement_that_takes_too_long_is_ended(pooled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STATEMENT_TIMEOUT", 1)
    impatient = database.connect(pooled.url.render_as_string(hide_password=False))
    with pytest.raises(Unavailable), translated(), impatient.begin() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    impatient.dispose()


def test_without_a_pooler_the_session_has_them_on_both_sides(engine: Engine) -> None:
    assert settings_of_a_transaction(engine) == TIMEOUTS
    with engine.connect() as connection:
        assert not is_pooled(connection)
        assert connection.scalar(text("SHOW tcp_keepalives_idle")) == "10"
        assert connection.scalar(text("SHOW tcp_user_timeout")) in {"8s", "8000"}


# What poolers say of options that they do not take; one says nothing. The last one is none, and only not ready yet.
_REFUSALS = [
    ("0A000", "Feature not supported: RDS Proxy currently doesn't support command-line options.", 1_000_000),
    ("08P01", "startup options are not allowed here", 1_000_000),
    ("", "", 1_000_000),
    ("57P03", "the database system is starting up", 1),
]


@pytest.mark.parametrize(("sqlstate", "words", "times"), _REFUSALS)
def test_options_that_are_refused_in_whatever_words_are_given_to_the_session(
    engine: Engine, sqlstate: str, words: str, times: int
) -> None:
    assert engine.url.port is not None
    pooler = RefusingPooler(engine.url.port, sqlstate=sqlstate, words=words, times=times)
    url = engine.url.set(port=pooler.port, drivername="postgresql").render_as_string(hide_password=False)
    try:
        through = database.connect(url)
        assert settings_of_a_transaction(through) == TIMEOUTS
        with through.connect() as connection:
            assert connection.scalar(text("SHOW tcp_keepalives_idle")) == "10"
        through.dispose()
        # It refuses every one that brings them.
        pooler.left = 1
        with pytest.raises(psycopg.OperationalError, match=words or "connection"):
            psycopg.connect(url, options="-c statement_timeout=10s")
    finally:
        pooler.close()


@pytest.mark.parametrize("pooled", LENDING, indirect=True)
def test_a_session_that_is_lent_is_found_out_before_a_lock_is_taken(pooled: Engine, engine: Engine) -> None:
    for _ in range(5):
        with pytest.raises(SharedSession, match="session mode"):
            Listener(Database(pooled), executor_id=uuid4())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0


@pytest.mark.parametrize("pooled", ["session"], indirect=True)
def test_a_session_that_is_kept_is_ones_own(pooled: Engine, engine: Engine) -> None:
    assert find_pooling(Database(pooled)) is Pooling.KEEPS_SESSIONS
    with Listener(Database(pooled), executor_id=uuid4()) as listener:
        assert listener.has_lock
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_notify('mediaproc_due', '7')"))
        assert listener.hear(seconds=60) == Heard(due=(7,))
        listener.require_own_lock()


@pytest.mark.parametrize("pooled", ["transaction"], indirect=True)
def test_a_lock_that_is_found_in_another_session_is_let_go(
    pooled: Engine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediaproc.db.listener.require_own_session", lambda *_a, **_k: None)
    with Listener(Database(pooled), executor_id=uuid4()) as listener:
        assert listener.has_lock
        # Somebody else works in that session now, and pays for it.
        with ExitStack() as others:
            others.enter_context(pytest.raises(Unavailable))
            others.enter_context(translated())
            others.enter_context(pooled.begin()).execute(text("SELECT 1"))
            with pytest.raises(SharedSession):
                listener.require_own_lock()

    def is_free() -> bool:
        with engine.connect() as connection:
            return not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))

    # A session that is ended says so to its client before it lets go of what it holds.
    until(is_free)
