"""What a watch takes: only what has stopped growing, and each state of it once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import ErrorClass
from mediaproc.core.settling import Arrival, Remembered, Settling, Step, is_lasting, is_partial, next_step

QUIET = 5.0


def arrival(name: str = "film.avi", *, growth: str = "1", identity: str = "7", is_whole: bool = False) -> Arrival:
    return Arrival(name=name, identity=identity, growth=growth, state="1", size=1, is_whole=is_whole)


def test_what_grows_settles_when_it_has_stayed_as_it_is() -> None:
    settling = Settling(quiet=QUIET)
    for now, growth in ((0.0, "1"), (4.9, "2"), (9.8, "3"), (14.7, "3")):
        assert settling.settled([arrival(growth=growth)], now=now) == []
    assert settling.settled([arrival(growth="3")], now=14.8) == [arrival(growth="3")]


def test_a_new_name_does_not_begin_the_wait_anew() -> None:
    settling = Settling(quiet=QUIET)
    assert settling.settled([arrival("film.avi.part")], now=0.0) == []
    assert settling.settled([arrival("film.avi")], now=5.0) == [arrival("film.avi")]


def test_another_file_under_the_same_name_waits_by_itself() -> None:
    settling = Settling(quiet=QUIET)
    settling.settled([arrival(identity="7")], now=0.0)
    assert settling.settled([arrival(identity="8")], now=5.0) == []


def test_what_was_gone_for_a_look_waits_again() -> None:
    settling = Settling(quiet=QUIET)
    settling.settled([arrival()], now=0.0)
    settling.settled([], now=4.0)
    assert settling.settled([arrival()], now=6.0) == []


def test_what_came_in_one_piece_waits_for_nothing() -> None:
    assert Settling(quiet=QUIET).settled([arrival(is_whole=True)], now=0.0) == [arrival(is_whole=True)]


@given(st.lists(st.tuples(st.floats(0, 4, allow_nan=False), st.integers(0, 3)), max_size=30))
def test_nothing_settles_that_changed_within_the_quiet_time(looks: list[tuple[float, int]]) -> None:
    settling, now, changed, last = Settling(quiet=QUIET), 0.0, 0.0, -1
    for after, state in looks:
        now += after
        if state != last:
            changed, last = now, state
        has_settled = bool(settling.settled([arrival(growth=str(state))], now=now))
        assert has_settled == (now - changed >= QUIET)


@pytest.mark.parametrize(
    ("remembered", "puts_away", "step"),
    [
        (None, True, Step.TAKE),
        (Remembered(state="0", was_taken=True), True, Step.TAKE),
        (Remembered(state="0", was_taken=False), False, Step.TAKE),
        (Remembered(state="1", was_taken=True), True, Step.PUT_AWAY),
        (Remembered(state="1", was_taken=True), False, Step.LEAVE),
        (Remembered(state="1", was_taken=False), True, Step.LEAVE),
    ],
)
def test_each_state_is_taken_once_and_what_was_taken_is_put_away(
    remembered: Remembered | None, *, puts_away: bool, step: Step
) -> None:
    assert next_step(arrival(), remembered=remembered, puts_away=puts_away) is step


@pytest.mark.parametrize(
    "name", ["a.avi.part", "A.CRDOWNLOAD", "b/.film.avi.Xq3Zp1", ".hidden", "film.avi~", "x.tmp", "a/b/"]
)
def test_what_is_still_written_or_hidden_is_left(name: str) -> None:
    assert is_partial(name)
    assert next_step(arrival(name), remembered=None, puts_away=True) is Step.LEAVE


@pytest.mark.parametrize("name", ["film.avi", "a.b/film", "partial", ".d/film.avi", "电影.mov"])
def test_other_names_are_taken(name: str) -> None:
    assert not is_partial(name)


def test_only_a_refusal_of_the_file_itself_lasts() -> None:
    assert is_lasting(ErrorClass.NO_VIDEO)
    for error_class in (ErrorClass.OUT_OF_MEMORY, ErrorClass.DECODER_MISSING, ErrorClass.TOO_LARGE, None):
        assert not is_lasting(error_class)
