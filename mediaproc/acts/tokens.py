"""What persons and programs do to tokens: create one, whose text is told this once, and revoke them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mediaproc import randomness
from mediaproc.core.access import TOKEN_BYTES, Scope, Token, digest, require_life, require_token_id, token_name
from mediaproc.core.errors import NotThere, WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.core.tenant import tenant_named
from mediaproc.db import audit
from mediaproc.db.access import sessions, tokens
from mediaproc.db.database import Database


class NoSuchToken(NotThere):
    """No token has the id."""

    def __init__(self, token_id: str) -> None:
        super().__init__(f"There is no token {token_id}: `mediaproc token list` shows those that are there.")


@dataclass(frozen=True, kw_only=True)
class CreatedToken:
    """A token and its text, which is told only this once."""

    id: str
    token: str = field(repr=False)


def create(
    database: Database,
    *,
    scopes: Sequence[Scope],
    tenant: str | None = None,
    name: str = "",
    life: float | None = None,
    actor: str,
) -> CreatedToken:
    """A token with these scopes, for the tasks of one tenant alone where it is named; it ends after `life` seconds.

    Raises:
        WrongUse: the tenant, the name or the life is none that is taken; or one of a tenant shall be an admin's.
    """
    tenant = None if tenant is None else tenant_named(tenant)
    name, life = token_name(name), None if life is None else require_life(life)
    if tenant is not None and Scope.ADMIN in scopes:
        # It could create one that is for everybody's tasks.
        raise WrongUse(
            f"A token of one tenant, {quoted(tenant)}, cannot have the scope admin, which is the whole site's:"
            " give it operate, or leave the tenant out."
        )
    token = Token.of(randomness.secret_bytes(TOKEN_BYTES))
    selection = f"token {token.id} {','.join(scopes)}" + ("" if tenant is None else f" of tenant {quoted(tenant)}")
    with database.write() as connection:
        tokens.add_token(
            connection,
            token_id=token.id,
            secret_sha256=digest(token.secret),
            scopes=scopes,
            tenant=tenant,
            name=name,
            life=life,
            created_by=actor,
        )
        audit.record(connection, actor=actor, act="token create", selection=selection, count=1)
    return CreatedToken(id=token.id, token=token.text)


def revoke(database: Database, *, ids: Collection[str], actor: str) -> int:
    """They are valid no more, and the logins that began with them are over; where one is not there, none is revoked.

    Returns how many were not revoked before.

    Raises:
        WrongUse: one has not the form of an id.
        NoSuchToken
    """
    chosen = list(dict.fromkeys(map(require_token_id, ids)))
    with database.write() as connection:
        there = tokens.tokens_there(connection, ids=chosen)
        for token_id in chosen:
            if token_id not in there:
                raise NoSuchToken(token_id)
        revoked = tokens.revoke(connection, ids=chosen)
        sessions.end_sessions_of(connection, token_ids=chosen)
        audit.record(connection, actor=actor, act="token revoke", selection=f"token {' '.join(chosen)}", count=revoked)
    return revoked
