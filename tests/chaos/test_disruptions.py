"""A lost attempt is explained by a disruption of its executor at that time, and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from mediaproc.core.claim_limit import most_attempts
from tests.chaos.disruptions import LEASE, SLOTS, Disruption, Row, times_without_executor, unexplained
from tests.chaos.fault_matrix import FaultMatrix
from tests.chaos.faults import FAULTS

VICTIM, OTHER = uuid4(), uuid4()


def at(seconds: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def attempt(began: float, ended: float, *, executor: UUID = VICTIM, outcome: str = "lost") -> Row:
    times = {"started_at": at(began), "finished_at": at(ended)}
    return {"task_id": 1, "claim_token": uuid4(), "executor_id": executor, "outcome": outcome, **times}


def disruption(began: float, ended: float | None = None, *, victim: UUID | None = None) -> Disruption:
    return Disruption(began=at(began), ended=at(began if ended is None else ended), victim=victim)


KILL = disruption(10, victim=VICTIM)


def test_a_kill_explains_what_its_victim_was_at() -> None:
    assert unexplained([attempt(9, 13)], kills_and_stops=[KILL], outages=[]) == []


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(attempt(9, 13, executor=OTHER), id="another's"),
        pytest.param(attempt(11, 14), id="begun after it"),
        pytest.param(attempt(5, 9), id="lost before it"),
        pytest.param(attempt(9, 10 + 2 * LEASE + 1), id="lost long after it"),
    ],
)
def test_a_kill_explains_nothing_else(lost: Row) -> None:
    assert unexplained([lost], kills_and_stops=[KILL], outages=[]) == [lost]


def test_a_kill_explains_no_more_attempts_than_an_executor_has_at_once() -> None:
    *most, last = (attempt(8, 13) for _ in range(most_attempts(SLOTS) + 1))
    assert unexplained([*most, last], kills_and_stops=[KILL], outages=[]) == [last]
    assert unexplained([*most, last], kills_and_stops=[KILL, KILL], outages=[]) == []


def test_without_a_kill_every_lost_attempt_is_a_complaint() -> None:
    wrong = list(
        FaultMatrix({}).complaints(
            [attempt(9, 13), attempt(9, 13, outcome="completed")], kills_and_stops=[], without_executor=[]
        )
    )
    assert len(wrong) == 1
    assert "no fault explains" in wrong[0]


def test_compensation_may_come_later_after_an_outage() -> None:
    late = attempt(9, 21)
    assert unexplained([late], kills_and_stops=[KILL], outages=[disruption(15, 17)]) == []
    assert unexplained([late], kills_and_stops=[KILL], outages=[disruption(5, 9)]) == [late]
    assert unexplained([late], kills_and_stops=[KILL], outages=[disruption(18, 20)]) == [late]


def test_no_executor_is_up_between_two_uptimes_that_do_not_overlap() -> None:
    uptimes = [disruption(30, 40), disruption(0, 10), disruption(5, 20)]
    assert list(times_without_executor(uptimes)) == [disruption(20, 30)]


def test_a_disruption_affects_what_its_victim_was_at_and_without_a_victim_everybody() -> None:
    running, over, others = attempt(9, 11), attempt(5, 9), attempt(9, 11, executor=OTHER)
    assert KILL.affected([running, over, others]) == [running]
    assert disruption(8, 12).affected([running, over, others]) == [running, over, others]


def test_a_disruption_affects_the_claims_that_were_held_when_it_began() -> None:
    # The attempt was being settled just then: its end is the time at which the transaction began.
    settling = attempt(5, 9.99, outcome="completed")
    assert replace(KILL, held=frozenset({settling["claim_token"]})).affected([settling]) == [settling]


def test_a_fault_that_fell_too_seldom_is_a_complaint() -> None:
    matrix = FaultMatrix({"kill -9": 2})
    matrix.add("kill -9", disruption=KILL)
    assert list(matrix.complaints([], kills_and_stops=[], without_executor=[])) == ["kill -9 fell 1 times of 2"]
    matrix.add("kill -9", disruption=KILL)
    assert list(matrix.complaints([], kills_and_stops=[], without_executor=[])) == []


def test_the_matrix_has_a_row_for_each_fault() -> None:
    matrix = FaultMatrix(dict.fromkeys(FAULTS, 1))
    matrix.add("kill -9", disruption=KILL)
    table = matrix.table([attempt(9, 13), attempt(9, 13, executor=OTHER)]).splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == [f"| {fault}" for fault in FAULTS]
    assert table[2] == "| kill -9 | 1 | 1 | 0 | 0 | 1 | 0 | 0 | 0 |"
