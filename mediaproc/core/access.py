"""Who may do what over HTTP: scopes, the access that a credential gives, and the text of a token."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted

# What `Token.of` takes: six bytes for the id, the others are the secret.
TOKEN_BYTES = 38
# Of what opens a browser's session or a login link.
SECRET_BYTES = 32
# Seconds for which a token may be valid, where it ends at all: a minute to ten years.
SHORTEST_LIFE, LONGEST_LIFE = 60.0, 315_360_000.0

_ID_BYTES = 6
_TOKEN = re.compile(r"mp_([0-9a-f]{12})_([0-9a-f]{64})")
_ID = re.compile(r"[0-9a-f]{12}")
_LONGEST_NAME = 200
_LONGEST_QUOTED = 40


class Scope(StrEnum):
    """What a credential may do; `includes` says which one gives others too."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"
    ENQUEUE = "enqueue"

    @property
    def includes(self) -> frozenset["Scope"]:
        """This one, and what it gives besides."""
        return _INCLUDED[self]


_INCLUDED: Mapping[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.OPERATE: frozenset({Scope.READ, Scope.OPERATE}),
    Scope.ADMIN: frozenset(Scope),
    # A website that hands in uploads need not see those of others.
    Scope.ENQUEUE: frozenset({Scope.ENQUEUE}),
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """What whoever asks may do, and who it is: `actor` stands in the audit.

    `tenant` None: everybody's tasks. `session` is the digest of a browser's session, None for a bearer of a token.
    """

    scopes: frozenset[Scope]
    tenant: str | None
    actor: str
    token_id: str | None = None
    session: bytes | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether one of its scopes is this one or includes it."""
        return any(scope in each.includes for each in self.scopes)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token as its bearer has it; only the digest of its secret is kept."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, random_bytes: bytes) -> Self:
        """A new one, of TOKEN_BYTES that nobody can guess."""
        if len(random_bytes) != TOKEN_BYTES:
            raise AssertionError("a token is made of TOKEN_BYTES")
        return cls(id=random_bytes[:_ID_BYTES].hex(), secret=random_bytes[_ID_BYTES:].hex())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The token of this text; None where it has not the form of one."""
        found = _TOKEN.fullmatch(text)
        return None if found is None else cls(id=found[1], secret=found[2])

    @property
    def text(self) -> str:
        """`mp_ID_SECRET`, one word for a double click."""
        return f"mp_{self.id}_{self.secret}"

    def matches(self, secret_sha256: bytes | None) -> bool:
        """Whether it is the one that is kept; takes as long for an id that is not known (None)."""
        is_same = hmac.compare_digest(digest(self.secret), secret_sha256 or bytes(32))
        return is_same and secret_sha256 is not None


def digest(secret: str) -> bytes:
    """What is kept of a secret. It is random and long: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes of a comma list such as `read,enqueue`, each once.

    Raises:
        WrongUse: one is none of the known scopes, or there is none.
    """
    return scopes_named(part.strip() for part in text.split(","))


def scopes_named(names: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes of these names, each once; empty names are passed over.

    Raises:
        WrongUse: one is none of the known scopes, or there is none.
    """
    known = {str(each): each for each in Scope}
    given = list(dict.fromkeys(name for name in names if name))
    for name in given:
        if name not in known:
            raise WrongUse(f"{quoted(name)} is no scope: these are {', '.join(known)}.")
    if not given:
        raise WrongUse(f"No scope is named: a token has at least one of {', '.join(known)}.")
    return tuple(known[name] for name in given)


def require_token_id(given: str) -> str:
    """The id.

    Raises:
        WrongUse: it has not the form of one. What is longer may be a whole token, and is not quoted.
    """
    if _ID.fullmatch(given):
        return given
    said = quoted(given) if len(given) <= _LONGEST_QUOTED else "what is given"
    raise WrongUse(f"A token's id has 12 digits of 0-9 and a-f, as `mediaproc token list` shows it: {said} is none.")


def token_name(given: str) -> str:
    """The name of a token without the blanks around it.

    Raises:
        WrongUse: it is too long, or has characters that are not to be seen.
    """
    name = given.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongUse(
            f"A token's name has at most {_LONGEST_NAME} printable characters: {quoted(name)} is none, choose another."
        )
    return name


def require_life(seconds: float) -> float:
    """The seconds, for which a token may be valid.

    Raises:
        WrongUse: that is too short or too long.
    """
    if not SHORTEST_LIFE <= seconds <= LONGEST_LIFE:
        raise WrongUse(
            f"A token is valid for {SHORTEST_LIFE:.0f} to {LONGEST_LIFE:.0f} seconds, or without an end:"
            f" {seconds:.15g} is out of these bounds."
        )
    return seconds


def actor_of_token(*, token_id: str, name: str) -> str:
    """Who acts with the token, for the audit."""
    return f"{name} (token {token_id})" if name else f"token {token_id}"
