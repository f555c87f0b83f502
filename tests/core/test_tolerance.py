import pytest

from mediaproc.core.tolerance import length_tolerance


@pytest.mark.parametrize(
    ("declared", "tolerated"),
    [(0.0, 0.1), (0.5, 0.1), (1.0, 0.1), (2.0, 0.2), (10.0, 1.0), (60.0, 1.0), (100.0, 1.0), (3600.0, 36.0)],
)
def test_a_tenth_of_a_short_film_a_second_of_a_usual_one_and_a_hundredth_of_a_long_one_may_lack(
    declared: float, tolerated: float
) -> None:
    assert length_tolerance(declared) == pytest.approx(tolerated)
