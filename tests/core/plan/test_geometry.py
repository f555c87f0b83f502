from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.plan.geometry import display_size
from tests.core.plan.sources import FILM


@given(
    width=st.integers(min_value=1, max_value=9000),
    height=st.integers(min_value=1, max_value=9000),
    sample=st.fractions(min_value=Fraction(1, 20), max_value=20) | st.none(),
    rotation=st.sampled_from([None, 0.0, 90.0, -90.0, 180.0, 270.0, 12.5]),
    most=st.sampled_from([360, 1080, 2160]),
)
def test_every_display_size_is_even_and_within_bounds(
    width: int, height: int, sample: Fraction | None, rotation: float | None, most: int
) -> None:
    video = replace(FILM, width=width, height=height, sample_aspect=sample, rotation=rotation)
    sides = display_size(video, max_height=most)
    assert all(side % 2 == 0 and side >= 2 for side in sides)
    assert min(sides) <= most
    assert max(sides) <= 4096


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"width": 1, "height": 1}, (2, 2)),
        ({"width": 161, "height": 121}, (160, 120)),
        ({"width": 352, "height": 288, "sample_aspect": Fraction(12, 11)}, (384, 288)),
        ({"width": 640, "height": 480, "sample_aspect": Fraction(16, 9)}, (1138, 480)),
        ({"width": 640, "height": 480, "rotation": -90.0}, (480, 640)),
        ({"width": 3840, "height": 2160}, (1920, 1080)),
        ({"width": 2160, "height": 3840}, (1080, 1920)),
        ({"width": 640, "height": 480, "sample_aspect": Fraction(1000, 1)}, (640, 480)),
    ],
)
def test_the_picture_is_upright_with_square_pixels(changes: dict[str, object], size: tuple[int, int]) -> None:
    video = replace(FILM, **changes)  # type: ignore[arg-type]
    assert display_size(video, max_height=1080) == size
