import math
from collections.abc import Collection
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.failure_detector import (
    GRACE,
    LOOK_AGAIN,
    LOOK_EVERY,
    FailureDetector,
    Sighting,
    look_every,
    share_of,
)

ONE, TWO, THREE = uuid4(), uuid4(), uuid4()
LEASE = 60.0


def _looks(
    detector: FailureDetector, *looks: tuple[float, dict[UUID, bool]]
) -> tuple[FailureDetector, frozenset[UUID]]:
    """The last of several looks, in which an executor's heartbeat stands still."""
    dead: frozenset[UUID] = frozenset()
    for now, locks in looks:
        sightings = {who: Sighting(holds_lock=holds, heartbeat=0) for who, holds in locks.items()}
        detector, dead = detector.look(now, sightings=sightings)
    return detector, dead


def _from(begin: float, locks: dict[UUID, bool], *, seconds: float) -> list[tuple[float, dict[UUID, bool]]]:
    """Looks as they come while a lock is missing, at `begin` and for so many seconds after it."""
    return [(begin + LOOK_AGAIN * number, locks) for number in range(1 + round(seconds / LOOK_AGAIN))]


def test_a_lock_that_stays_missing_for_the_grace_proves_a_death() -> None:
    before = GRACE - LOOK_AGAIN
    detector, dead = _looks(
        FailureDetector(hold_off=LEASE), (100, {ONE: True}), *_from(101, {ONE: False}, seconds=before)
    )
    assert not dead
    assert detector.has_suspects
    detector, dead = _looks(detector, (101 + GRACE, {ONE: False}))
    assert dead == {ONE}
    assert not detector.has_suspects


def test_a_lock_that_comes_back_starts_the_grace_anew() -> None:
    detector, _ = _looks(
        FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}), (101.25, {ONE: False}),
        (101.5, {ONE: True}),
    )  # fmt: skip
    assert not detector.has_suspects
    _, dead = _looks(detector, *_from(103, {ONE: False}, seconds=GRACE - LOOK_AGAIN))
    assert not dead


def test_a_machine_that_stood_still_counts_for_one_step() -> None:
    """Whoever was to take its lock again stood still as well."""
    detector, dead = _looks(
        FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}), (160, {ONE: False})
    )
    assert not dead
    _, dead = _looks(detector, *_from(160.25, {ONE: False}, seconds=GRACE))
    assert dead == {ONE}


@pytest.mark.parametrize(("took", "expected"), [(0.005, {ONE}), (0.2, frozenset())])
def test_a_slow_database_lengthens_the_grace(took: float, expected: Collection[UUID]) -> None:
    """The heartbeat that would show life is as slow."""
    detector = FailureDetector(hold_off=LEASE)
    dead: frozenset[UUID] = frozenset()
    for now, locks in [(100.0, {ONE: True}), *_from(101, {ONE: False}, seconds=1.5)]:
        sightings = {who: Sighting(holds_lock=holds, heartbeat=0) for who, holds in locks.items()}
        detector, dead = detector.look(now, sightings=sightings, took=took)
    assert dead == expected


def test_a_heartbeat_meanwhile_is_a_sign_of_life() -> None:
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}))
    _, dead = detector.look(110, sightings={ONE: Sighting(holds_lock=False, heartbeat=1)})
    assert not dead


def test_who_was_never_seen_with_a_lock_is_left_to_its_lease() -> None:
    _, dead = _looks(FailureDetector(hold_off=LEASE), *((100.0 + second, {ONE: False}) for second in range(30)))
    assert not dead


def test_two_locks_that_vanish_together_are_the_databases_doing() -> None:
    both = {ONE: True, TWO: True, THREE: True}
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, both))
    _, dead = _looks(detector, *_from(101, {ONE: False, TWO: False, THREE: True}, seconds=9))
    assert not dead
    in_two_looks = ((101.0, {**both, ONE: False}), (101.5, {**both, ONE: False, TWO: False}))
    _, dead = _looks(detector, *in_two_looks, *_from(101.75, {**both, ONE: False, TWO: False}, seconds=9))
    assert not dead


def test_one_that_another_executor_misses_counts_as_well() -> None:
    """Each executor looks at a few others only."""
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}))
    alone, dead = _looks(detector.told(101.1, missing={ONE}), *_from(101.25, {ONE: False}, seconds=1))
    assert dead == {ONE}
    _, dead = _looks(detector.told(101.1, missing={TWO}), *_from(101.25, {ONE: False}, seconds=9))
    assert not dead
    detector, _ = _looks(alone.forget({ONE}).told(106, missing={TWO}), (107, {THREE: True}))
    _, dead = _looks(detector, *_from(109, {THREE: False}, seconds=1))
    assert dead == {THREE}


def test_two_deaths_apart_are_two_deaths() -> None:
    both = {ONE: True, TWO: True}
    detector, dead = _looks(
        FailureDetector(hold_off=LEASE), (100, both), *_from(101, {ONE: False, TWO: True}, seconds=GRACE)
    )
    assert dead == {ONE}
    detector = detector.forget(dead)
    _, dead = _looks(detector, (102.5, {ONE: False, TWO: True}), *_from(103.3, {ONE: False, TWO: False}, seconds=GRACE))
    assert dead == {TWO}


def _judged(vanish: dict[UUID, float], *, delays: list[float]) -> list[tuple[float, UUID]]:
    """Who is judged in which look, when locks vanish at these times and no heartbeat comes any more."""
    detector, now = FailureDetector(hold_off=LEASE), 100.0
    judged: list[tuple[float, UUID]] = []
    for delay in delays:
        detector, dead = _looks(detector, (now, {who: now < gone for who, gone in vanish.items()}))
        now += (LOOK_AGAIN if detector.has_suspects else LOOK_EVERY) + delay
        detector = detector.forget(dead)
        judged += [(now, who) for who in dead]
    return judged


# By how much each look comes later than it should; there are enough for several graces.
DELAYS = st.lists(st.floats(0.0, 0.2), min_size=40, max_size=40)


@given(delays=DELAYS, first=st.floats(100.5, 104.0), gap=st.floats(0.05, GRACE - LOOK_AGAIN))
def test_two_locks_that_vanish_within_the_grace_are_the_databases_doing_whenever_a_look_comes(
    delays: list[float], first: float, gap: float
) -> None:
    assert not _judged({ONE: first, TWO: first + gap, THREE: math.inf}, delays=delays)


@given(delays=DELAYS, first=st.floats(100.5, 104.0), gap=st.floats(4.0, 4.5))
def test_deaths_are_judged_once_each_whenever_a_look_comes(delays: list[float], first: float, gap: float) -> None:
    assert [who for _, who in _judged({ONE: first, TWO: first + gap, THREE: math.inf}, delays=delays)] == [ONE, TWO]


def test_who_is_dead_stays_so_until_it_is_forgotten_or_shows_that_it_lives() -> None:
    gone = {ONE: False}
    detector, dead = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), *_from(101, gone, seconds=2))
    assert dead == {ONE}
    _, dead = detector.look(106, sightings={ONE: Sighting(holds_lock=False, heartbeat=1)})
    assert not dead
    _, dead = _looks(detector, (106, {ONE: True}), (107, gone))
    assert not dead
    _, dead = _looks(detector.forget({ONE}), (106, gone))
    assert not dead


def test_who_was_judged_is_judged_again_only_after_it_came_back() -> None:
    detector, dead = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), *_from(101, {ONE: False}, seconds=2))
    assert dead == {ONE}
    detector = detector.forget(dead)
    for second in range(105, 120):
        detector, dead = _looks(detector, (second, {ONE: False}))
        assert not dead
    _, dead = _looks(detector, (120, {ONE: True}), *_from(121, {ONE: False}, seconds=GRACE))
    assert dead == {ONE}


def test_after_its_own_connection_was_lost_an_executor_judges_nobody_for_a_lease() -> None:
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}))
    detector = detector.connection_lost(101)
    detector, dead = _looks(detector, (102, {ONE: True}), *_from(103, {ONE: False}, seconds=9))
    assert not dead
    assert not detector.has_suspects
    _, dead = _looks(detector, (101 + LEASE, {ONE: False}))
    assert dead == {ONE}


@given(st.integers(1, 2000))
def test_a_large_fleet_looks_no_more_often_than_one_of_a_hundred(executors: int) -> None:
    interval = look_every(executors)
    assert LOOK_EVERY <= interval <= 5
    if interval < 5:
        assert executors / interval <= 100 / LOOK_EVERY * (1 + 1e-9)
    if executors <= 100:
        assert interval == LOOK_EVERY


@pytest.mark.parametrize("within", [LOOK_EVERY, 5.0])
def test_who_looks_seldom_knows_less_well_what_vanished_together(within: float) -> None:
    """The other lock was seen three seconds before: then a look of every 5 s may have missed both at one moment."""
    detector = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (100.8, {ONE: False}))[0]
    detector = detector.told(104, missing={TWO}, within=within)
    _, dead = _looks(detector, *_from(104.1, {ONE: False}, seconds=GRACE))
    assert dead == (frozenset() if within == 5 else {ONE})


def test_all_executors_together_do_what_a_hundred_would() -> None:
    assert [share_of(executors) for executors in (0, 1, 100)] == [1, 1, 1]
    assert share_of(1000) * 1000 == pytest.approx(100)
