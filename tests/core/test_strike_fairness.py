"""Each case of the table, and each of the histories that lead there."""

from collections.abc import Callable
from itertools import product

import pytest

from mediaproc.core.strike_fairness import IS_FAIR, DatabaseState, Process, StrikeFairness

Step = Callable[[StrikeFairness], StrikeFairness]


def look(now: float) -> Step:
    return lambda known: known.looked(now)


def lose(now: float) -> Step:
    return lambda known: known.database_lost(now)


def ask(now: float) -> Step:
    return lambda known: known.renewal_asked(now)


def answer(asked_at: float) -> Step:
    return lambda known: known.renewed(asked_at=asked_at)


def end_of_lease(now: float) -> Step:
    return lambda known: known.lease_ran_out(now)


def known_after(*steps: Step) -> StrikeFairness:
    """What an executor knows that looked at the clock at 100 s, and then saw these happen."""
    known = StrikeFairness(looked_at=100.0)
    for step in steps:
        known = step(known)
    return known


CASES = {
    (DatabaseState.ANSWERED, Process.RAN): [look(100.5)],
    (DatabaseState.ANSWERED, Process.STOOD_STILL): [look(105.1)],
    (DatabaseState.OUT_OF_REACH, Process.RAN): [look(100.5), lose(101.0)],
    (DatabaseState.OUT_OF_REACH, Process.STOOD_STILL): [lose(101.0), look(110.0)],
}


@pytest.mark.parametrize(("case", "steps"), CASES.items())
def test_a_strike_is_unfair_only_after_an_outage_that_the_process_was_awake_for(
    case: tuple[DatabaseState, Process], steps: list[Step]
) -> None:
    known = known_after(*steps)
    assert (known.database, known.process) == case
    assert known.is_fair is (case != (DatabaseState.OUT_OF_REACH, Process.RAN))


def test_the_table_has_every_case() -> None:
    assert set(IS_FAIR) == set(CASES) == set(product(DatabaseState, Process))


@pytest.mark.parametrize(
    ("steps", "database"),
    [
        ([ask(155.0), look(159.5), look(160.0), end_of_lease(160.0)], DatabaseState.OUT_OF_REACH),
        # An answer takes a moment: one that is not there yet shows nothing.
        ([look(159.5), ask(159.5), look(160.0), end_of_lease(160.0)], DatabaseState.ANSWERED),
        # The process has just woken up: it has not waited for the answer all the time.
        ([ask(155.0), look(157.0), look(160.0), end_of_lease(160.0)], DatabaseState.ANSWERED),
        # Nothing was asked, or all was answered.
        ([look(159.5), look(160.0), end_of_lease(160.0)], DatabaseState.ANSWERED),
        ([ask(155.0), answer(155.0), look(159.5), look(160.0), end_of_lease(160.0)], DatabaseState.ANSWERED),
        # Asked again, the database has been silent since the first time.
        ([ask(155.0), ask(159.9), look(159.5), look(160.0), end_of_lease(160.0)], DatabaseState.OUT_OF_REACH),
    ],
)
def test_a_renewal_without_an_answer_shows_an_outage_to_a_process_that_ran(
    steps: list[Step], database: DatabaseState
) -> None:
    assert known_after(*steps).database is database


@pytest.mark.parametrize(
    ("steps", "database", "process"),
    [
        ([lose(101.0), answer(100.5)], DatabaseState.OUT_OF_REACH, Process.RAN),
        ([lose(101.0), answer(101.5)], DatabaseState.ANSWERED, Process.RAN),
        ([look(120.0), answer(119.0)], DatabaseState.ANSWERED, Process.STOOD_STILL),
        ([look(120.0), answer(120.5)], DatabaseState.ANSWERED, Process.RAN),
        ([look(120.0), lose(121.0), answer(120.5)], DatabaseState.OUT_OF_REACH, Process.RAN),
    ],
)
def test_an_answer_ends_only_what_came_before_its_question(
    steps: list[Step], database: DatabaseState, process: Process
) -> None:
    known = known_after(*steps)
    assert (known.database, known.process) == (database, process)


def test_a_standstill_as_short_as_the_shortest_timeout_is_none() -> None:
    assert known_after(look(105.0)).process is Process.RAN
