"""The conditions that indexes, statements and views have as text say what the core says."""

from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.lifecycle import FAIL_LIMIT, Status, waits_for_a_person
from mediaproc.db.schema.conditions import CLAIMABLE, EXHAUSTED, HAS_FAILED, IS_PROCESSING, WAITS_FOR_A_PERSON

LIVE = (Status.PENDING, Status.PROCESSING, Status.FAILED, Status.REJECTED)
CASES = tuple(product(LIVE, range(FAIL_LIMIT + 2)))


def cases_in_which(engine: Engine, condition: str) -> set[tuple[Status, int]]:
    cases = ", ".join(f"('{status}', {fail_count})" for status, fail_count in CASES)
    with engine.connect() as connection:
        rows = connection.execute(
            text(f"SELECT status, fail_count FROM (VALUES {cases}) AS task (status, fail_count) WHERE {condition}")  # noqa: S608
        )
        return {(Status(row.status), row.fail_count) for row in rows}


def waiting() -> set[tuple[Status, int]]:
    return {(status, fail_count) for status, fail_count in CASES if waits_for_a_person(status, fail_count=fail_count)}


def test_what_waits_for_a_person(engine: Engine) -> None:
    assert cases_in_which(engine, WAITS_FOR_A_PERSON) == waiting()


def test_what_may_be_claimed_is_all_that_neither_waits_for_a_person_nor_runs(engine: Engine) -> None:
    running = cases_in_which(engine, IS_PROCESSING)
    assert running == {case for case in CASES if case[0] is Status.PROCESSING}
    assert cases_in_which(engine, CLAIMABLE) == set(CASES) - waiting() - running


def test_what_is_exhausted_waits_though_it_was_not_rejected(engine: Engine) -> None:
    assert cases_in_which(engine, EXHAUSTED) == {case for case in waiting() if case[0] is not Status.REJECTED}


def test_what_has_failed_is_all_that_waits_for_a_person_and_more(engine: Engine) -> None:
    assert cases_in_which(engine, HAS_FAILED) == {case for case in CASES if case[0] in {Status.FAILED, Status.REJECTED}}


@pytest.mark.parametrize("view", ["backlog", "waiting_for_a_person"])
def test_the_views_say_the_same(view: str) -> None:
    folder = Path(__file__).parents[2] / "migrations" / "views"
    newest = max(folder.glob(f"*/{view}.sql"))
    assert WAITS_FOR_A_PERSON in newest.read_text()
