from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.plan import make_plan
from mediaproc.core.plan.frame_rate import stride
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import FILM, PACKETS, WHOLE


@pytest.mark.parametrize(
    ("rate", "size", "highest", "kept"),
    [
        (60.02, (1280, 720), 60, 1),
        (240, (1920, 1080), 60, 4),
        (120, (640, 360), 60, 2),
        (240, (1920, 1080), 240, 1),
        (60, (3840, 2160), 60, 1),
        (120, (3840, 2160), 240, 2),
        (25, (640, 360), 12, 3),
    ],
)
def test_no_more_pictures_are_kept_than_are_shown(rate: float, size: tuple[int, int], highest: int, kept: int) -> None:
    video = replace(FILM, packets=replace(PACKETS, count=1 + round(10 * rate), last=10.0))
    assert stride(video, size=size, highest=highest) == kept


def test_too_few_pictures_tell_no_rate() -> None:
    video = replace(FILM, packets=replace(PACKETS, count=9, last=0.03), frame_rate=Fraction(300))
    assert stride(video, size=(640, 360), highest=60) == 1


def test_what_is_left_out_is_told() -> None:
    fast = replace(WHOLE, videos=(replace(FILM, codec="hevc", packets=replace(PACKETS, count=4801)),))
    assert "frame_rate" in make_plan(fast, profile=BUILT_IN["mp4"], threads=1).flags
