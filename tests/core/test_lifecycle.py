import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import (
    FAIL_LIMIT,
    TRANSITIONS,
    Event,
    Failed,
    Rejected,
    Released,
    Status,
    UnexpectedEventError,
    after,
    release_limit,
    verdict,
    waits_for_a_person,
)

ENDED = {Status.COMPLETED, Status.CANCELLED}
POLICY = task_failure(base=10, cap=3600)

classes = st.sampled_from(ErrorClass)
setbacks = st.one_of(
    st.builds(Failed, error_class=classes, error=st.text()),
    st.builds(Rejected, error_class=classes, error=st.text()),
    st.builds(Released, error_class=classes, error=st.text(), delay=st.floats(0, 100)),
)


def test_the_table_names_every_status() -> None:
    assert set(TRANSITIONS) == set(Status)


def test_what_has_ended_expects_nothing() -> None:
    assert [status for status in Status if not TRANSITIONS[status]] == [Status.COMPLETED, Status.CANCELLED]


@given(st.sampled_from(Status), st.sampled_from(Event))
def test_an_unexpected_event_raises_and_an_expected_one_leads_where_the_table_says(
    status: Status, event: Event
) -> None:
    expected = TRANSITIONS[status].get(event)
    try:
        reached = after(status, event)
    except UnexpectedEventError:
        assert expected is None
    else:
        assert reached is expected


def test_only_a_claim_leads_to_processing_and_only_processing_completes() -> None:
    for status, events in TRANSITIONS.items():
        for event, reached in events.items():
            if reached is Status.PROCESSING and status is not Status.PROCESSING:
                assert event is Event.CLAIM
            if reached is Status.COMPLETED:
                assert status is Status.PROCESSING


def test_every_task_can_end_from_wherever_it_is() -> None:
    reachable = {status: _reachable(status) for status in Status}
    assert all(Status.COMPLETED in reachable[status] for status in set(Status) - ENDED)


@given(setbacks, st.integers(0, 10), st.floats(0, 1))
def test_a_strike_is_counted_exactly_when_the_attempt_failed(
    setback: Failed | Rejected | Released, fail_count: int, jitter: float
) -> None:
    decided = verdict(setback, fail_count=fail_count, policy=POLICY, jitter=jitter)
    assert decided.strike is isinstance(setback, Failed)
    assert decided.status is after(Status.PROCESSING, decided.event)
    assert 0 <= decided.delay <= max(POLICY.longest, getattr(setback, "delay", 0))
    assert (decided.error_class, decided.error) == (setback.error_class, setback.error)


@given(st.integers(0, 30), st.floats(0, 1))
def test_a_task_that_is_given_back_again_and_again_waits_longer_each_time(releases: int, jitter: float) -> None:
    full = Released(error_class=ErrorClass.DISK_FULL, error="full")
    decided = verdict(full, fail_count=1, releases=releases, policy=POLICY, jitter=jitter)
    ceiling = min(300.0, 2.0**releases)
    assert (decided.strike, decided.status) == (False, Status.PENDING)
    assert 0.5 * ceiling <= decided.delay <= ceiling


@given(st.integers(0, 30), st.sampled_from([ErrorClass.DRAINED, ErrorClass.DATABASE_UNAVAILABLE]))
def test_who_was_drained_or_cut_off_leaves_its_task_due_at_once(releases: int, error_class: ErrorClass) -> None:
    released = Released(error_class=error_class, error="not the task's fault")
    assert verdict(released, fail_count=0, releases=releases, policy=POLICY, jitter=1.0).delay == 0


@pytest.mark.parametrize("error_class", ErrorClass)
def test_every_kind_of_release_counts_in_the_end(error_class: ErrorClass) -> None:
    limit = release_limit(error_class)
    released = Released(error_class=error_class, error="It cannot be read.")
    for releases in range(limit + 3):
        decided = verdict(released, fail_count=0, releases=releases, policy=POLICY, jitter=0.5)
        assert decided.strike is (releases >= limit)
        assert (f"It was given back {limit} times" in decided.error) is decided.strike
        assert decided.error_class is error_class


def test_an_outage_of_hours_ends_before_a_full_disk_counts_and_of_half_an_hour_before_the_store_does() -> None:
    for error_class, seconds in ((ErrorClass.DISK_FULL, 8 * 3600), (ErrorClass.STORE_UNAVAILABLE, 1800)):
        released = Released(error_class=error_class, error="It is away.")
        waits = (
            verdict(released, fail_count=0, releases=releases, policy=POLICY, jitter=0).delay
            for releases in range(release_limit(error_class))
        )
        assert sum(waits) > seconds


@given(st.integers(0, 10))
def test_a_failed_task_waits_for_a_person_from_the_third_strike_on(fail_count: int) -> None:
    assert waits_for_a_person(Status.FAILED, fail_count=fail_count) is (fail_count >= FAIL_LIMIT)
    assert waits_for_a_person(Status.REJECTED, fail_count=fail_count)
    assert not waits_for_a_person(Status.PENDING, fail_count=fail_count)


def _reachable(status: Status) -> set[Status]:
    found: set[Status] = set()
    frontier = {status}
    while frontier:
        found |= frontier
        frontier = {reached for each in frontier for reached in TRANSITIONS[each].values()} - found
    return found
