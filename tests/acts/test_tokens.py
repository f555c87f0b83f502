"""Tokens and logins: each act with its line of audit, and what must not begin does not."""

import pytest
from sqlalchemy import Engine, text

from mediaproc.acts import logins, tokens
from mediaproc.acts.tokens import NoSuchToken
from mediaproc.core.access import Access, Scope, Token, digest
from mediaproc.core.errors import WrongUse
from mediaproc.db.access import sessions
from mediaproc.db.access.tokens import token_of
from mediaproc.db.database import Database

READ = (Scope.READ,)


def _audit(engine: Engine) -> list[tuple[str, str, str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT actor, act, selection, count FROM media_audit ORDER BY id"))
        return [tuple(row) for row in rows]


def _access(database: Database, secret: str | None) -> Access | None:
    assert secret is not None
    with database.read() as connection:
        known = sessions.session_of(connection, secret_sha256=digest(secret))
    return None if known is None else known.access


def test_a_token_is_told_once_and_only_its_digest_is_kept(database: Database, engine: Engine) -> None:
    created = tokens.create(database, scopes=(Scope.READ, Scope.ENQUEUE), tenant="ann", name="site", actor="me")
    token = Token.parse(created.token)
    assert token is not None
    assert token.id == created.id
    assert token.secret not in repr(created)
    with engine.connect() as connection:
        known = token_of(connection, token_id=token.id)
        rows = connection.scalars(text("SELECT to_jsonb(media_token)::text FROM media_token")).all()
    assert known is not None
    assert token.matches(known.secret_sha256)
    assert not any(token.secret in row or token.secret.encode().hex() in row for row in rows)
    assert _audit(engine) == [("me", "token create", f"token {token.id} read,enqueue of tenant 'ann'", 1)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tenant": "a\tb"}, "A tenant's name has printable characters only"),
        ({"name": "a\tb"}, "A token's name has at most 200 printable characters"),
        ({"life": 1.0}, "A token is valid for 60 to 315360000 seconds"),
        ({"tenant": "ann", "scopes": (Scope.ADMIN,)}, "A token of one tenant, 'ann', cannot have the scope admin"),
    ],
)
def test_what_is_refused_leaves_nothing(
    database: Database, engine: Engine, given: dict[str, object], says: str
) -> None:
    with pytest.raises(WrongUse, match=says):
        tokens.create(database, **({"scopes": READ, "actor": "me"} | given))  # type: ignore[arg-type]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM media_token")) == 0
    assert _audit(engine) == []


def test_with_a_token_its_logins_are_over(database: Database, engine: Engine) -> None:
    created, other = (tokens.create(database, scopes=READ, actor="me") for _ in range(2))
    opened = {
        each.id: logins.log_in(
            database,
            access=Access(scopes=frozenset(READ), tenant=None, actor=f"token {each.id}", token_id=each.id),
        )
        for each in (created, other)
    }
    assert tokens.revoke(database, ids=[created.id, created.id], actor="me") == 1
    assert _access(database, opened[created.id]) is None
    assert _access(database, opened[other.id]) is not None
    assert tokens.revoke(database, ids=[created.id], actor="me") == 0
    assert _audit(engine)[-2:] == [("me", "token revoke", f"token {created.id}", count) for count in (1, 0)]


def test_where_one_is_not_there_none_is_revoked(database: Database, engine: Engine) -> None:
    created = tokens.create(database, scopes=READ, actor="me")
    with pytest.raises(NoSuchToken, match="There is no token 000000000000: `mediaproc token list` shows"):
        tokens.revoke(database, ids=[created.id, "0" * 12], actor="me")
    # A whole token in place of its id is not repeated on a screen.
    with pytest.raises(WrongUse, match="what is given is none") as refused:
        tokens.revoke(database, ids=[created.token], actor="me")
    assert created.token not in str(refused.value)
    with engine.connect() as connection:
        known = token_of(connection, token_id=created.id)
    assert known is not None
    assert known.is_valid
    assert len(_audit(engine)) == 1


def test_a_login_link_opens_one_session_with_a_secret_of_its_own(database: Database, engine: Engine) -> None:
    link = logins.make_login_link(database)
    session = logins.log_in_by_link(database, secret=link)
    assert session not in {None, link}
    assert logins.log_in_by_link(database, secret=link) is None
    access = _access(database, session)
    assert access is not None
    assert access.scopes == {Scope.ADMIN}
    logins.log_out(database, access=access)
    assert _access(database, session) is None
    assert [act for _, act, _, _ in _audit(engine)] == ["log in", "log out"]
