from dataclasses import replace

import pytest

from mediaproc.core.plan.last_frame import last_duration, last_frame_hold
from mediaproc.core.probe import VideoStream
from tests.core.plan.sources import FILM, PACKETS, WHOLE


def test_a_lone_picture_is_held_for_its_declared_time_and_slides_are_not() -> None:
    def video(**packets: object) -> VideoStream:
        return replace(FILM, duration=1.0, packets=replace(PACKETS, **packets))  # type: ignore[arg-type]

    one = last_frame_hold(WHOLE, video(count=1, last=0.0, last_duration=None))
    assert one is not None
    assert one.lasts == 1.0
    slides = video(count=6, last=50.0, last_duration=10.0)
    assert last_frame_hold(WHOLE, slides) is None
    assert last_duration(slides) == 10.0
    assert last_frame_hold(WHOLE, video(count=25, last=0.96, last_duration=9.0)) is not None
    assert last_duration(video(last_duration=None, times=[0.0, 0.08, 0.04])) == pytest.approx(0.04)
