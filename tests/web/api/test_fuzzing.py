"""Whatever is asked, the answer is one that the description names: the short form of `make schemathesis`."""

from pathlib import Path

import pytest

from mediaproc.web.answers import answer
from mediaproc.web.api import site as site_routes
from tests.parts.postgres import PostgresServer
from tests.web.fuzzing import fuzz, site_to_fuzz


def test_no_request_gets_an_answer_that_the_description_does_not_name(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    with site_to_fuzz(postgres_server, tmp_path) as server:
        found = fuzz(server, seconds=20, seed=17)
    assert found.code == 0, found.output
    assert "No issues found" in found.output


def test_an_answer_of_another_form_would_be_found(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_routes, "answer", lambda _value: answer({"items": "none"}))
    only = ("--include-path", "/api/v1/backlog", "--phases", "coverage")
    with site_to_fuzz(postgres_server, tmp_path) as server:
        found = fuzz(server, seconds=20, seed=17, options=only)
    assert found.code == 1
    assert "Response violates schema" in found.output
