"""Neighbours in microseconds are neighbours in frames, at every rate."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.timeline import FrameGrid

_RATES = st.sampled_from([Fraction(1), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(120)])
_TIMES = st.integers(min_value=0, max_value=24 * 3600 * 1_000_000)


@given(rate=_RATES, start=_TIMES, first=_TIMES, second=_TIMES)
def test_neighbours_touch_and_together_last_as_long_as_one(rate: Fraction, start: int, first: int, second: int) -> None:
    grid = FrameGrid(rate=rate)
    one, frames_of_one = grid.span(start, first)
    other, frames_of_other = grid.span(start + first, second)
    assert one + frames_of_one == other
    assert grid.span(start, first + second) == (one, frames_of_one + frames_of_other)


@given(rate=_RATES, frame=st.integers(min_value=0, max_value=10_000_000))
def test_a_frame_is_found_again_by_where_it_begins(rate: Fraction, frame: int) -> None:
    grid = FrameGrid(rate=rate)
    assert grid.frame(grid.microseconds(frame)) == frame


def test_what_the_editor_snapped_to_its_grid_is_the_same_frame() -> None:
    grid = FrameGrid(rate=Fraction(30))
    assert grid.frame(766_667) == grid.frame(767_000) == 23
    assert grid.are_same(766_667, 767_000)
    assert grid.are_same(0, 16_666)
    assert not grid.are_same(0, 16_667)


def test_half_a_frame_goes_to_the_later_one() -> None:
    assert FrameGrid(rate=Fraction(50)).frame(10_000) == 1
