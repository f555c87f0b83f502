"""Who may ask over HTTP: tokens and sessions end when they should, links work once, a repeated request is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.access import Access, Scope
from mediaproc.db.access import idempotency, login_links, sessions, tokens
from mediaproc.db.access.idempotency import ABANDONED, KEPT, Finished, InFlight, New, OtherRequest
from mediaproc.db.access.sessions import IDLE, LONGEST
from mediaproc.db.access.web_key import web_key
from mediaproc.db.retention.old_access import delete_access
from tests.db.old_rows import DAY

ID, SECRET, REQUEST, OTHER = "0123456789ab", b"s" * 32, b"r" * 32, b"o" * 32
ACCESS = Access(scopes=frozenset({Scope.READ, Scope.ENQUEUE}), tenant="ann", actor="site (token 0123)", token_id=ID)


def _add_token(connection: Connection, *, life: float | None = None, tenant: str | None = "ann") -> None:
    tokens.add_token(
        connection,
        token_id=ID,
        secret_sha256=SECRET,
        scopes=[Scope.READ, Scope.ENQUEUE],
        tenant=tenant,
        name="site",
        life=life,
        created_by="ann@node",
    )


def _is_valid(connection: Connection) -> bool:
    known = tokens.token_of(connection, token_id=ID)
    assert known is not None
    return known.is_valid


def _age(connection: Connection, table: str, seconds: float) -> None:
    """Let every time in the table be so much earlier, as if that time had passed."""
    names = connection.scalars(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = :table AND column_name ~ '_at$'"),
        {"table": table},
    )
    changes = ", ".join(f"{name} = {name} - :age" for name in names)
    connection.execute(text(f"UPDATE {table} SET {changes}"), {"age": timedelta(seconds=seconds)})  # noqa: S608


# Within one transaction now() stands still: so a second is exactly one.


def test_a_token_is_known_with_what_it_may(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        known = tokens.token_of(connection, token_id=ID)
        assert known is not None
        assert known.access == Access(
            scopes=frozenset({Scope.READ, Scope.ENQUEUE}), tenant="ann", actor=f"site (token {ID})", token_id=ID
        )
        assert (known.secret_sha256, known.is_valid) == (SECRET, True)
        assert tokens.token_of(connection, token_id="ba9876543210") is None


def test_a_scope_of_a_newer_version_gives_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        connection.execute(text("UPDATE media_token SET scopes = '{everything,read}'"))
        known = tokens.token_of(connection, token_id=ID)
        assert known is not None
        assert known.access.scopes == {Scope.READ}


@pytest.mark.parametrize(("age", "valid"), [(59, True), (60, False), (61, False)])
def test_a_token_ends_with_its_life(engine: Engine, age: float, *, valid: bool) -> None:
    with engine.begin() as connection:
        _add_token(connection, life=60)
        _age(connection, "media_token", age)
        assert _is_valid(connection) == valid
        assert [line.is_valid for line in tokens.tokens(connection)] == [valid]


def test_a_token_is_revoked_once_and_for_all(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        assert tokens.revoke(connection, ids=["ba9876543210"]) == 0
        assert _is_valid(connection)
        assert [tokens.revoke(connection, ids=[ID]) for _ in range(2)] == [1, 0]
        assert not _is_valid(connection)


def test_its_use_is_written_once_a_minute(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        written = []
        for age in (0, 59, 2):
            _age(connection, "media_token", age)
            before = tokens.token_of(connection, token_id=ID)
            tokens.touch(connection, token_id=ID)
            (line,) = tokens.tokens(connection)
            now = connection.execute(text("SELECT now()")).scalar_one()
            assert before is not None
            written.append((before.is_touch_due, line.last_used_at == now))
        assert written == [(True, True), (False, False), (True, True)]


def _begin(connection: Connection, access: Access = ACCESS) -> None:
    sessions.begin_session(connection, secret_sha256=SECRET, access=access)


def _is_known(connection: Connection) -> bool:
    return sessions.session_of(connection, secret_sha256=SECRET) is not None


def test_a_session_has_the_rights_that_it_began_with(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        _begin(connection)
        known = sessions.session_of(connection, secret_sha256=SECRET)
        assert known is not None
        assert known.access == Access(
            scopes=ACCESS.scopes, tenant="ann", actor=ACCESS.actor, token_id=ID, session=SECRET
        )
        sessions.end_session(connection, secret_sha256=SECRET)
        assert not _is_known(connection)


@pytest.mark.parametrize("ends", ["revoked", "expired", "removed"])
def test_a_session_is_over_with_its_token_and_no_other_one_is(engine: Engine, ends: str) -> None:
    with engine.begin() as connection:
        _add_token(connection, life=60)
        _begin(connection)
        link = b"l" * 32
        sessions.begin_session(
            connection, secret_sha256=link, access=Access(scopes=frozenset({Scope.ADMIN}), tenant=None, actor="link")
        )
        assert _is_known(connection)
        match ends:
            case "revoked":
                tokens.revoke(connection, ids=[ID])
            case "expired":
                _age(connection, "media_token", 61)
            case _:
                connection.execute(text("DELETE FROM media_token"))
        assert not _is_known(connection)
        sessions.end_sessions_of(connection, token_ids=[ID])
        assert connection.scalars(text("SELECT secret_sha256 FROM media_session")).all() == [link]
        assert sessions.session_of(connection, secret_sha256=link) is not None


@pytest.mark.parametrize(("age", "known"), [(IDLE - 1, True), (IDLE, False)])
def test_a_session_is_over_when_nobody_used_it(engine: Engine, age: float, *, known: bool) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        _begin(connection)
        _age(connection, "media_session", age)
        assert _is_known(connection) == known
        sessions.touch_session(connection, secret_sha256=SECRET)
        # What is over is not brought back by being used.
        assert _is_known(connection) == known


def test_a_session_that_is_used_lasts_a_week_and_no_longer(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        _begin(connection)
        used = 0.0
        while used < LONGEST - IDLE:
            _age(connection, "media_session", IDLE - 1)
            used += IDLE - 1
            assert _is_known(connection)
            sessions.touch_session(connection, secret_sha256=SECRET)
        _age(connection, "media_session", LONGEST - used - 1)
        assert _is_known(connection)
        _age(connection, "media_session", 1)
        assert not _is_known(connection)


def test_a_login_link_works_once_for_many_who_use_it_at_once(engine: Engine) -> None:
    def use(_: int) -> bool:
        with engine.begin() as connection:
            return login_links.use(connection, secret_sha256=SECRET)

    with engine.begin() as connection:
        login_links.add_login_link(connection, secret_sha256=SECRET)
        assert not login_links.use(connection, secret_sha256=OTHER)
    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(use, range(8))) == [*[False] * 7, True]


def test_looking_at_a_login_link_burns_nothing_and_it_ends_after_ten_minutes(engine: Engine) -> None:
    with engine.begin() as connection:
        login_links.add_login_link(connection, secret_sha256=SECRET)
        _age(connection, "media_login_link", 599)
        assert [login_links.works(connection, secret_sha256=SECRET) for _ in range(2)] == [True, True]
        _age(connection, "media_login_link", 1)
        assert not login_links.works(connection, secret_sha256=SECRET)
        assert not login_links.use(connection, secret_sha256=SECRET)


def _begun(
    connection: Connection, *, request: bytes = REQUEST, token: str = ID, key: str = "k"
) -> New | InFlight | OtherRequest | Finished:
    return idempotency.begin(connection, token_id=token, key=key, request_sha256=request)


def _finish(connection: Connection, *, status: int = 201) -> None:
    idempotency.finish(connection, token_id=ID, key="k", status=status, body=b"\0{}", headers={"location": "/x"})


def test_a_request_that_comes_again_gets_the_answer_of_the_first(engine: Engine) -> None:
    with engine.begin() as connection:
        assert _begun(connection) == New()
        assert _begun(connection) == InFlight()
        assert _begun(connection, request=OTHER) == OtherRequest()
        _finish(connection)
        _finish(connection, status=500)
        assert _begun(connection) == Finished(status=201, body=b"\0{}", headers={"location": "/x"})
        assert _begun(connection, request=OTHER) == OtherRequest()
        # A key is its bearer's own.
        assert _begun(connection, token="ba9876543210") == New()
        assert _begun(connection, key="l") == New()


def test_of_many_who_begin_at_once_one_is_the_first(engine: Engine) -> None:
    def begin(_: int) -> object:
        with engine.begin() as connection:
            return _begun(connection)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(begin, range(8)))
    assert (found.count(New()), found.count(InFlight())) == (1, 7)


def test_a_request_that_did_nothing_is_forgotten_and_an_answer_is_not(engine: Engine) -> None:
    with engine.begin() as connection:
        for _ in range(2):
            assert _begun(connection) == New()
            idempotency.forget(connection, token_id=ID, key="k")
        assert _begun(connection, request=OTHER) == New()
        _finish(connection)
        idempotency.forget(connection, token_id=ID, key="k")
        assert isinstance(_begun(connection, request=OTHER), Finished)


def test_a_request_whose_server_died_is_taken_over_by_the_same_request_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        _begun(connection)
        _age(connection, "media_idempotency_key", ABANDONED)
        assert _begun(connection) == InFlight()
        _age(connection, "media_idempotency_key", 1)
        assert _begun(connection, request=OTHER) == OtherRequest()
        assert _begun(connection) == New()
        assert _begun(connection) == InFlight()


def test_a_key_is_free_again_after_a_day(engine: Engine) -> None:
    with engine.begin() as connection:
        _begun(connection)
        _finish(connection)
        _age(connection, "media_idempotency_key", KEPT)
        assert _begun(connection, request=OTHER) == OtherRequest()
        _age(connection, "media_idempotency_key", 1)
        assert _begun(connection, request=OTHER) == New()
        assert _begun(connection, request=OTHER) == InFlight()


def test_all_servers_sign_with_the_key_of_the_first(engine: Engine) -> None:
    def key(number: int) -> bytes:
        with engine.begin() as connection:
            return web_key(connection, offered=bytes([number]) * 32)

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(key, range(8)))
    assert len(keys) == 1
    assert key(9) in keys


@pytest.mark.parametrize(("age", "left"), [(20 * DAY + 59, 1), (20 * DAY + 61, 0)])
@pytest.mark.parametrize("ends", ["expired", "revoked"])
def test_a_token_goes_long_after_its_end(engine: Engine, age: float, left: int, ends: str) -> None:
    with engine.begin() as connection:
        _add_token(connection, life=60 if ends == "expired" else None)
        if ends == "revoked":
            connection.execute(text("UPDATE media_token SET revoked_at = now() + interval '60 s'"))
        _age(connection, "media_token", age)
        assert delete_access(connection, keep_tokens=20 * DAY, limit=10) == 1 - left


def test_a_token_without_an_end_stays_and_one_that_ended_today_too(engine: Engine) -> None:
    with engine.begin() as connection:
        _add_token(connection)
        _age(connection, "media_token", 10_000 * DAY)
        assert delete_access(connection, keep_tokens=0, limit=10) == 0
        connection.execute(text("UPDATE media_token SET revoked_at = now() - interval '86399 s'"))
        assert delete_access(connection, keep_tokens=0, limit=10) == 0


def test_what_is_over_goes_in_batches_and_what_is_not_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        for each in range(5):
            sessions.begin_session(connection, secret_sha256=bytes([each]) * 32, access=ACCESS)
            login_links.add_login_link(connection, secret_sha256=bytes([each]) * 32)
            _begun(connection, key=str(each))
        assert delete_access(connection, keep_tokens=0, limit=2) == 0
        _age(connection, "media_session", LONGEST + 1)
        _age(connection, "media_login_link", 601)
        _age(connection, "media_idempotency_key", KEPT + 1)
        _begin(connection)
        login_links.add_login_link(connection, secret_sha256=SECRET)
        _begun(connection, key="young")
        assert [delete_access(connection, keep_tokens=0, limit=2) for _ in range(4)] == [6, 6, 3, 0]
        for table in ("media_session", "media_login_link", "media_idempotency_key"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1  # noqa: S608 - our own names
