from dataclasses import replace

from mediaproc.core.plan.colour import BT601, BT709, assumed
from tests.core.plan.sources import FILM


def test_a_matrix_that_is_not_named_is_that_of_the_size() -> None:
    assert assumed(replace(FILM, height=720)) == BT709
    assert assumed(replace(FILM, height=576)) == BT601
    assert assumed(replace(FILM, color_space="smpte170m")) is None
    assert assumed(replace(FILM, pixel_format="gbrp")) is None
