from dataclasses import replace

from mediaproc.core.limits import Limits
from mediaproc.core.plan.resources import least_output
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import PACKETS, WHOLE, plan_of, with_film


def test_no_transcode_is_given_more_than_days() -> None:
    slides = replace(PACKETS, count=600, last=6 * 3600.0)
    endless = replace(with_film(width=8192, height=4320, duration=6 * 3600.0, packets=slides), duration=6 * 3600.0)
    assert 86_400 < plan_of(endless).wall_limit <= 3 * 86_400
    assert plan_of(WHOLE).wall_limit < 3600


def test_a_larger_picture_and_a_slower_encoder_need_more() -> None:
    small, large = plan_of(with_film(width=640, height=360)), plan_of(with_film(width=3840, height=2160))
    assert small.memory < large.memory < plan_of(with_film(width=3840, height=2160), profile="mp4-quality").memory
    assert small.wall_limit < large.wall_limit
    assert small.output_estimate > 0


def test_what_is_sure_before_the_probe_is_never_more_than_the_plan_wants() -> None:
    """Else a task that fits would be refused: the smallest and shortest films here, under limits of any size."""
    tiny = replace(with_film(width=2, height=2, duration=0.0), duration=0.0, size=1)
    for limits in (Limits(), Limits(max_output_bytes=1)):
        for profile in BUILT_IN.values():
            plan = plan_of(tiny, profile=profile.name, limits=limits)
            assert 0 <= least_output(profile, limits=limits) <= plan.output_estimate
    assert least_output(BUILT_IN["mp4"], limits=Limits()) > 0
