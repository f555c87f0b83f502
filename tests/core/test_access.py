import pytest

from mediaproc.core.access import (
    LONGEST_LIFE,
    SHORTEST_LIFE,
    TOKEN_BYTES,
    Access,
    Scope,
    Token,
    actor_of_token,
    digest,
    parse_scopes,
    require_life,
    token_name,
)
from mediaproc.core.errors import WrongUse

RANDOM = bytes(range(TOKEN_BYTES))


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ("read", {"read"}),
        ("operate", {"read", "operate"}),
        ("admin", {"read", "operate", "admin", "enqueue"}),
        ("enqueue", {"enqueue"}),
        ("read,enqueue", {"read", "enqueue"}),
    ],
)
def test_a_scope_gives_what_it_includes_and_nothing_else(given: str, allowed: set[str]) -> None:
    access = Access(scopes=frozenset(parse_scopes(given)), tenant=None, actor="me")
    assert {each for each in Scope if access.allows(each)} == allowed


def test_no_scope_allows_nothing() -> None:
    access = Access(scopes=frozenset(), tenant=None, actor="me")
    assert not any(access.allows(each) for each in Scope)


def test_a_list_of_scopes_is_read_each_once() -> None:
    assert parse_scopes(" enqueue,read,, read") == (Scope.ENQUEUE, Scope.READ)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("root", "'root' is no scope: these are read, operate, admin, enqueue."),
        ("read,READ", "'READ' is no scope"),
        ("", "No scope is named: a token has at least one of read"),
        (" , ", "No scope is named"),
    ],
)
def test_what_is_no_list_of_scopes_is_refused(text: str, says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        parse_scopes(text)


def test_a_token_is_one_word_and_read_again() -> None:
    token = Token.of(RANDOM)
    assert token.text == f"mp_{RANDOM[:6].hex()}_{RANDOM[6:].hex()}"
    assert Token.parse(token.text) == token
    assert token.secret not in repr(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mp_",
        Token.of(RANDOM).text + "\n",
        Token.of(RANDOM).text[:-1],
        Token.of(RANDOM).text + "0",
        Token.of(RANDOM).text.upper(),
        " " + Token.of(RANDOM).text,
        "mp_" + "\N{ARABIC-INDIC DIGIT ONE}" * 12 + "_" + "0" * 64,
    ],
)
def test_what_has_not_the_form_of_a_token_is_none(text: str) -> None:
    assert Token.parse(text) is None


def test_a_token_matches_the_digest_of_its_own_secret_alone() -> None:
    token = Token.of(RANDOM)
    assert token.matches(digest(token.secret))
    assert not token.matches(digest("another"))
    assert not token.matches(bytes(32))
    # Of an id that nobody has.
    assert not token.matches(None)


@pytest.mark.parametrize("seconds", [SHORTEST_LIFE - 1, LONGEST_LIFE + 1, -1.0, 0.0, float("nan"), float("inf")])
def test_a_life_out_of_bounds_is_refused(seconds: float) -> None:
    with pytest.raises(WrongUse, match=r"for 60 to 315360000 seconds, or without an end: .* is out of these bounds"):
        require_life(seconds)


@pytest.mark.parametrize("seconds", [SHORTEST_LIFE, LONGEST_LIFE])
def test_a_life_at_its_bounds_is_taken(seconds: float) -> None:
    assert require_life(seconds) == seconds


def test_a_name_is_for_people_to_read() -> None:
    assert token_name(" the site ") == "the site"
    for name in ("a\tb", "x" * 201, "a\u202eb"):
        with pytest.raises(WrongUse, match="at most 200 printable characters"):
            token_name(name)


def test_the_audit_tells_a_token_by_its_id_whatever_its_name_is() -> None:
    assert actor_of_token(token_id="0" * 12, name="") == "token 000000000000"
    assert actor_of_token(token_id="0" * 12, name="ann@node") == "ann@node (token 000000000000)"
