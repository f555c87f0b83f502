"""Any order of claims, renewals, verdicts, losses and interventions, on a database whose clock the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from tests.db.model_state import LEASE
from tests.db.moved_clock import moved_clock
from tests.db.protocol_steps import ProtocolMachine
from tests.db.removed_guards import GUARDS, RARE_GUARDS, without_guard


@pytest.fixture
def machine(engine: Engine) -> Iterator[type[ProtocolMachine]]:
    with moved_clock(engine):
        yield type("ProtocolOnThisDatabase", (ProtocolMachine,), {"engine": engine})


def _run(machine: type[ProtocolMachine], *, examples: int, control: bool = False) -> None:
    """A `control` only has to fail: it always runs the same examples, and they are not shrunk."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize=control,
            phases=(Phase.generate,) if control else tuple(Phase),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@contextmanager
def _steps_on(machine: type[ProtocolMachine]) -> Iterator[ProtocolMachine]:
    """Steps that a test takes one by one; at the end the tables are checked as the machine does after each step."""
    steps = machine()
    try:
        yield steps
        steps.the_tables_say_what_happened()
    finally:
        steps.teardown()


def test_no_order_of_events_breaks_an_invariant(machine: type[ProtocolMachine]) -> None:
    _run(machine, examples=40)


def test_a_strike_taken_back_after_a_retry_is_its_own(machine: type[ProtocolMachine]) -> None:
    """The order that chance seldom finds: lost, retried by a person, failed anew, and only then taken back."""
    with _steps_on(machine) as steps:
        steps.claim(executor=1, limit=1)
        steps.time_passes(seconds=LEASE + 1)
        steps.compensate()
        steps.retry(pick=0)
        steps.claim(executor=1, limit=1)
        steps.set_back(pick=1, kind="failed")
        steps.take_back(pick=0)


def test_nobody_is_judged_for_one_lease_after_the_database_came_back(machine: type[ProtocolMachine]) -> None:
    with _steps_on(machine) as steps:
        steps.claim(executor=0, limit=2)
        steps.the_database_restarts(away=LEASE + 1)
        steps.compensate()
        steps.time_passes(seconds=LEASE)
        steps.compensate()
        assert "lost" not in steps.outcomes.values()
        steps.time_passes(seconds=1.0)
        steps.compensate()
        assert set(steps.outcomes.values()) == {"lost"}


def upload_late(steps: ProtocolMachine) -> None:
    """After its claim was lost and the sweep has looked for it."""
    steps.claim(executor=0, limit=1)
    steps.announce(pick=0)
    steps.time_passes(seconds=LEASE + 1)
    steps.compensate()
    steps.sweep()
    steps.upload(pick=0)


def compensate_an_executor_whose_listener_is_alive(steps: ProtocolMachine) -> None:
    steps.claim(executor=0, limit=1)
    steps.listener_comes_or_goes(executor=0)
    steps.compensate_dead(declared_dead=(0,))


def sweep_between_upload_and_completion(steps: ProtocolMachine) -> None:
    steps.claim(executor=0, limit=1)
    steps.announce(pick=0)
    steps.upload(pick=0)
    steps.sweep()
    steps.complete(pick=0)
    steps.each_winner_has_the_object_that_it_uploaded()


def renew_what_another_claim_holds(steps: ProtocolMachine) -> None:
    steps.claim(executor=0, limit=1)
    steps.time_passes(seconds=LEASE + 1)
    steps.compensate()
    steps.claim(executor=0, limit=1)
    steps.renew(pick=0)


def take_back_one_of_two_failures(steps: ProtocolMachine) -> None:
    for _ in range(2):
        steps.claim(executor=0, limit=1)
        steps.set_back(pick=len(steps.claims) - 1, kind="failed")
        steps.time_passes(seconds=11.0)
    assert len({one.id for one in steps.claims}) == 1
    steps.take_back_failures(pick=0, limit=1)


def take_back_what_was_lost(steps: ProtocolMachine) -> None:
    steps.claim(executor=0, limit=1)
    steps.time_passes(seconds=LEASE + 1)
    steps.compensate()
    steps.claim(executor=0, limit=1)
    steps.set_back(pick=1, kind="failed")
    steps.take_back_failures(pick=0, limit=2)


# Orders that chance seldom finds, by the guard that holds the invariants in them.
RARE = {
    "second look in mark_swept": upload_late,
    "lock in fail_claims_of_dead": compensate_an_executor_whose_listener_is_alive,
    "outcome in losers_outputs": sweep_between_upload_and_completion,
    "token in renew": renew_what_another_claim_holds,
    "tokens in take_back_failures": take_back_one_of_two_failures,
    "outcome in take_back_failures": take_back_what_was_lost,
}


@pytest.mark.parametrize("guard", RARE_GUARDS)
def test_a_rare_order_of_events_breaks_no_invariant(guard: str, machine: type[ProtocolMachine]) -> None:
    with _steps_on(machine) as steps:
        RARE[guard](steps)


@pytest.mark.parametrize("guard", RARE_GUARDS)
def test_without_its_guard_a_rare_order_breaks_one(guard: str, engine: Engine, machine: type[ProtocolMachine]) -> None:
    """The control of the one above."""
    with without_guard(engine, guard=guard), pytest.raises(AssertionError), _steps_on(machine) as steps:
        RARE[guard](steps)


@pytest.mark.parametrize("guard", GUARDS)
def test_without_this_guard_an_invariant_breaks(guard: str, engine: Engine, machine: type[ProtocolMachine]) -> None:
    """The control: it must be the guards that hold them."""
    with without_guard(engine, guard=guard), pytest.raises(AssertionError):
        _run(machine, examples=400, control=True)
