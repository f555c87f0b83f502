from dataclasses import replace

import pytest

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.errors import BadSource
from mediaproc.core.plan.expected_length import hinted_length
from tests.core.plan.sources import PACKETS, WHOLE, plan_of, with_film, with_packets


@pytest.mark.parametrize("container", ["mpegts", "mpeg", "mpegvideo"])
def test_the_distance_of_two_times_of_a_clock_is_no_length(container: str) -> None:
    jumping = replace(with_packets(last=50_000.0, steps=49_980.0), format_name=container, duration=50_000.0)
    plan = plan_of(jumping)
    assert plan.duration == pytest.approx(20, abs=0.1)
    assert (plan.expectation.content.duration, plan.expectation.content.hint) == (None, None)
    with pytest.raises(BadSource):
        plan_of(replace(jumping, format_name="flv"))


def test_an_avi_is_held_to_its_own_count_of_frames() -> None:
    cut = replace(WHOLE, format_name="avi", duration=8.0, container=ContainerFacts(frames=500, frame_duration=0.04))
    assert plan_of(cut).expectation.content.duration == 20.0


def test_an_asf_is_held_to_its_length_only_where_bytes_are_missing() -> None:
    facts = ContainerFacts(duration=40.0, size=5_000_000)
    whole = replace(WHOLE, format_name="asf", container=facts)
    assert plan_of(whole).expectation.content.duration is None
    assert plan_of(whole).expectation.content.hint == 20.0
    assert plan_of(replace(whole, size=2_000_000)).expectation.content.duration == 40.0


def test_a_film_that_begins_late_is_as_long_as_it_is() -> None:
    late = replace(
        with_film(duration=21.5, packets=replace(PACKETS, first=1.5, last=21.46)), format_name="matroska,webm"
    )
    assert plan_of(late).expectation.content.duration == 20.0


@pytest.mark.parametrize("name", ["flv", "matroska,webm"])
def test_a_film_without_sound_is_held_to_its_containers_length(name: str) -> None:
    alone = replace(with_film(duration=None), format_name=name, audios=(), stream_count=1)
    assert plan_of(alone).expectation.content.duration == 20.0
    beside = replace(with_film(duration=None), format_name=name)
    assert (plan_of(beside).expectation.content.duration, plan_of(beside).expectation.content.hint) == (None, 20.0)


def test_a_subtitle_that_goes_on_explains_a_container_that_does() -> None:
    longer = replace(WHOLE, format_name="matroska,webm", duration=7.2)
    assert hinted_length(longer) == 7.2
    assert hinted_length(replace(longer, others_end=7.2)) is None
    assert hinted_length(replace(longer, others_end=3.0)) == 7.2
