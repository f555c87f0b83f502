import math
from itertools import accumulate
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.failure_detector import GRACE, FailureDetector, Sighting

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


def test_a_lock_that_stays_missing_for_the_grace_proves_a_death() -> None:
    detector, dead = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}))
    assert not dead
    detector, dead = _looks(detector, (101 + GRACE / 2, {ONE: False}))
    assert not dead
    _, dead = _looks(detector, (101 + GRACE, {ONE: False}))
    assert dead == {ONE}


def test_a_lock_that_comes_back_starts_the_grace_anew() -> None:
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}), (102, {ONE: True}))
    _, dead = _looks(detector, (103, {ONE: False}), (104, {ONE: False}))
    assert not dead


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
    in_one_look = (101, {ONE: False, TWO: False, THREE: True})
    _, dead = _looks(detector, in_one_look, (110, in_one_look[1]))
    assert not dead
    in_two_looks = ((101.0, {**both, ONE: False}), (102.0, {**both, ONE: False, TWO: False}))
    _, dead = _looks(detector, *in_two_looks, (110, {**both, ONE: False, TWO: False}))
    assert not dead


def test_two_deaths_apart_are_two_deaths() -> None:
    both = {ONE: True, TWO: True}
    detector, dead = _looks(
        FailureDetector(hold_off=LEASE), (100, both), (101, {ONE: False, TWO: True}), (103, {ONE: False, TWO: True})
    )
    assert dead == {ONE}
    detector = detector.forget(dead)
    _, dead = _looks(detector, (105, {ONE: False, TWO: False}), (107, {ONE: False, TWO: False}))
    assert dead == {TWO}


def _judged(vanish: dict[UUID, float], *, looks: list[float]) -> list[tuple[float, UUID]]:
    """Who is judged in which look, when locks vanish at these times and no heartbeat comes any more."""
    detector = FailureDetector(hold_off=LEASE)
    judged: list[tuple[float, UUID]] = []
    for now in looks:
        detector, dead = _looks(detector, (now, {who: now < gone for who, gone in vanish.items()}))
        detector = detector.forget(dead)
        judged += [(now, who) for who in dead]
    return judged


def _times(pauses: list[float]) -> list[float]:
    return list(accumulate(pauses, initial=100.0))


# A look begins a second after the one before it, or a little later; there are enough for several graces.
LOOKS = st.lists(st.floats(1.0, 1.4), min_size=12, max_size=12).map(_times)


@given(looks=LOOKS, first=st.floats(100.5, 104.0), gap=st.floats(0.1, 0.9))
def test_two_locks_that_vanish_within_a_second_are_the_databases_doing_whenever_a_look_comes(
    looks: list[float], first: float, gap: float
) -> None:
    assert not _judged({ONE: first, TWO: first + gap, THREE: math.inf}, looks=looks)


@given(looks=LOOKS, first=st.floats(100.5, 104.0), gap=st.floats(4.0, 4.5))
def test_deaths_are_judged_once_each_whenever_a_look_comes(looks: list[float], first: float, gap: float) -> None:
    assert [who for _, who in _judged({ONE: first, TWO: first + gap, THREE: math.inf}, looks=looks)] == [ONE, TWO]


def test_who_is_dead_stays_so_until_it_is_forgotten_or_shows_that_it_lives() -> None:
    gone = {ONE: False}
    detector, dead = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, gone), (104, gone), (105, gone))
    assert dead == {ONE}
    _, dead = detector.look(106, sightings={ONE: Sighting(holds_lock=False, heartbeat=1)})
    assert not dead
    _, dead = _looks(detector, (106, {ONE: True}), (107, gone))
    assert not dead
    _, dead = _looks(detector.forget({ONE}), (106, gone))
    assert not dead


def test_who_was_judged_is_judged_again_only_after_it_came_back() -> None:
    detector, dead = _looks(
        FailureDetector(hold_off=LEASE), (100, {ONE: True}), (101, {ONE: False}), (104, {ONE: False})
    )
    assert dead == {ONE}
    detector = detector.forget(dead)
    for second in range(105, 120):
        detector, dead = _looks(detector, (second, {ONE: False}))
        assert not dead
    _, dead = _looks(detector, (120, {ONE: True}), (121, {ONE: False}), (124, {ONE: False}))
    assert dead == {ONE}


def test_after_its_own_connection_was_lost_an_executor_judges_nobody_for_a_lease() -> None:
    detector, _ = _looks(FailureDetector(hold_off=LEASE), (100, {ONE: True}))
    detector = detector.connection_lost(101)
    detector, dead = _looks(detector, (102, {ONE: True}), (103, {ONE: False}), (110, {ONE: False}))
    assert not dead
    _, dead = _looks(detector, (101 + LEASE, {ONE: False}))
    assert dead == {ONE}
