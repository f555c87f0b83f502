"""What a task is expected to take: more of what is longer, larger, faster, or encoded with more care."""

from dataclasses import replace

from mediaproc.core.expected_cost import cost_of_unknown, expected_cost
from mediaproc.core.probe import Probe
from tests.core.plan.sources import WHOLE, plan_of, with_film


def cost(probe: Probe, *, profile: str = "mp4") -> float:
    return expected_cost(plan_of(probe, profile=profile))


FILM = with_film(codec="hevc", duration=600.0, packets=None)
ENCODED = replace(FILM, duration=600.0)


def test_an_encode_takes_as_long_as_it_has_pixels() -> None:
    # Ten minutes of 25 pictures of 1280x720 a second, at a hundred million pixels a second.
    assert cost(ENCODED) == 600 * 25 * 1280 * 720 / 100e6
    wide = replace(ENCODED, videos=(replace(ENCODED.videos[0], width=2560),))
    assert cost(wide) == 2 * cost(ENCODED)
    assert cost(ENCODED, profile="mp4-quality") > 2 * cost(ENCODED)


def test_a_film_that_says_no_frame_rate_is_taken_for_an_ordinary_one() -> None:
    silent = replace(ENCODED, videos=(replace(ENCODED.videos[0], frame_rate=None, highest_rate=None),))
    assert cost(ENCODED) < cost(silent) < 2 * cost(ENCODED)


def test_a_copy_and_a_sound_take_little_and_nothing_takes_less_than_a_second() -> None:
    assert cost(WHOLE) == cost(WHOLE, profile="poster") == cost_of_unknown(10) == 1.0
    assert cost(WHOLE) < cost(with_film(codec="hevc"))
    assert 1.0 <= cost(ENCODED, profile="mp3") < cost(ENCODED) / 5


def test_of_a_file_without_facts_its_size_tells() -> None:
    assert cost_of_unknown(500_000_000) == 500.0
