import pytest

from mediaproc.core.playback_timing import displacement, drift, squeezed

STEP = 1024 / 48000
STEADY = [place * STEP for place in range(200)]


def test_sound_that_lies_back_to_back_does_not_drift() -> None:
    assert drift(STEADY, step=STEP) == pytest.approx(0, abs=1e-9)
    assert drift([], step=STEP) == 0


def test_a_hole_makes_all_later_sound_early() -> None:
    assert drift([*STEADY[:100], *(time + 3 for time in STEADY[100:])], step=STEP) == pytest.approx(3)


def test_a_drift_of_one_percent_adds_up() -> None:
    assert drift([time * 1.01 for time in STEADY], step=STEP) == pytest.approx(STEADY[-1] / 100)


def test_packets_that_are_squeezed_in_are_counted_but_for_the_last() -> None:
    assert squeezed(STEADY, step=STEP) == 0
    assert squeezed([*STEADY, STEADY[-1] + 0.001], step=STEP) == 0
    assert squeezed([0.0, 0.0001, 0.0002, 0.0003, STEP], step=STEP) == 3


def test_a_picture_is_as_far_off_as_from_the_nearest_wanted_one() -> None:
    assert displacement([0.0, 1.0, 2.0], [0.01, 1.98]) == pytest.approx(0.02)
    assert displacement([0.0, 1.0, 2.0], [0.0, 1.42]) == pytest.approx(0.42)
    assert displacement([], [1.0]) == 0
