from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import plan_of, with_film


def test_every_input_is_limited_the_same_way() -> None:
    limits = Limits(max_pixels=1_000_000, max_streams=8)
    small = with_film(width=640, height=360)
    for profile in BUILT_IN:
        for variant in plan_of(small, profile=profile, limits=limits).variants:
            assert variant.input_arguments[: len(input_limits(limits))] == input_limits(limits)
    words = " ".join(input_limits(limits))
    assert "-protocol_whitelist file -format_whitelist avi,mov" in words
    assert not {"hls", "concat", "dash", "image2"} & set(SOURCE_FORMATS)


def test_nothing_tells_more_of_the_uploader_than_the_film_does() -> None:
    for profile in ("mp4", "mp3"):
        for variant in plan_of(profile=profile).variants:
            assert "-map_metadata -1 -map_chapters -1" in " ".join(variant.output_arguments)
