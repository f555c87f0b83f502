"""`mediaproc token`: created once, listed without secrets, revoked; and what is refused."""

import re

import pytest
from sqlalchemy import Connection, text

from mediaproc.core.access import Token
from tests.cli.conftest import Command


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(site: Command) -> None:
    assert site("token", "list").out == "No token: `mediaproc token create --scope read` creates one.\n"
    ran = site("token", "create", "--scope", "read,enqueue", "--tenant", "ann", "--name", "site", "--expires", "3600")
    assert (ran.code, ran.err) == (0, "")
    token = Token.parse(ran.out.removesuffix("\n"))
    assert token is not None
    (line,) = site("token", "list", "--json").objects()
    assert {name: line[name] for name in ("id", "name", "scopes", "tenant", "is_valid", "last_used_at")} == {
        "id": token.id,
        "name": "site",
        "scopes": ["read", "enqueue"],
        "tenant": "ann",
        "is_valid": True,
        "last_used_at": None,
    }
    shown = site("token", "list").out
    assert re.search(rf"^{token.id}  site  read,enqueue  ann .* never +until 20", shown, re.MULTILINE)
    assert token.secret not in shown + str(line)
    ran = site("token", "revoke", token.id)
    assert (ran.code, ran.out) == (0, "1 token revoked.\n")
    assert site("token", "revoke", token.id).out == "Revoked before: nothing is changed.\n"
    assert not site("token", "list", "--json").objects()[0]["is_valid"]
    assert "no: revoked 20" in site("token", "list").out


def test_the_latest_token_is_the_first_and_one_that_has_expired_is_told(site: Command, rows: Connection) -> None:
    for name in ("first", "second"):
        assert site("token", "create", "--scope", "admin", "--name", name, "--expires", "60").code == 0
    rows.execute(text("UPDATE media_token SET expires_at = now() - interval '1 s' WHERE name = 'first'"))
    lines = site("token", "list", "--json").objects()
    assert [(line["name"], line["is_valid"]) for line in lines] == [("second", True), ("first", False)]
    assert "no: expired 20" in site("token", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["create", "--scope", "root"], 2, "'root' is no scope: these are read, operate, admin, enqueue."),
        (["create", "--scope", ""], 2, "No scope is named: a token has at least one of"),
        (["create"], 2, "--scope"),
        (["create", "--scope", "read", "--expires", "59"], 2, "valid for 60 to 315360000 seconds, or without an end"),
        (["create", "--scope", "read", "--expires", "nan"], 2, "out of these bounds"),
        (["create", "--scope", "admin", "--tenant", "ann"], 2, "cannot have the scope admin"),
        (["revoke", "0" * 12], 1, "There is no token 000000000000: `mediaproc token list` shows"),
        (["revoke", "film"], 2, "A token's id has 12 digits of 0-9 and a-f"),
        (["revoke"], 2, "ID"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(site: Command, arguments: list[str], code: int, says: str) -> None:
    ran = site("token", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_a_link_leads_to_where_the_server_listens(site: Command) -> None:
    ran = site("token", "link", "--listen", ":9000", "--prefix", "/media/")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"http://127\.0\.0\.1:9000/media/login\?once=[0-9a-f]{64}\n", ran.out)
