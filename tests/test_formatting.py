"""Durations and sizes read well at every magnitude."""

import pytest

from mediaproc.formatting import duration, running_time, size, time_span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10.0 s"),
        (59.6, "60 s"),
        (125, "2 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (-5, "-5.0 s"),
        (-0.2, "0.0 s"),
        (None, ""),
    ],
)
def test_a_span_has_at_most_two_units(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_a_size_has_three_digits(count: int, said: str) -> None:
    assert size(count) == said


def test_a_running_time_is_what_players_show() -> None:
    assert [running_time(each) for each in (0, 12.4, 61, 3723)] == ["0:00", "0:12", "1:01", "1:02:03"]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0.5, 2.5, "0:00-0:03"),
        (0.52, 2.52, "0:00-0:03"),
        (2.0, 4.0000001, "0:02-0:04"),
        (2.9999999, 3.0, "0:03"),
        (61.2, 61.4, "1:01-1:02"),
    ],
)
def test_a_stretch_of_a_film_is_told_by_the_seconds_that_it_touches(start: float, end: float, said: str) -> None:
    assert time_span(start, end) == said
