from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import PACKETS, SOUND, WHOLE, plan_of, with_audios, with_film, with_packets, with_sound


def test_what_every_browser_plays_is_copied() -> None:
    plan = plan_of()
    assert [variant.name for variant in plan.variants] == ["copy", "copy", "copy", "encode", "gentle", "silent"]
    assert plan.flags == ()
    words = " ".join(plan.variants[0].output_arguments)
    assert "-map 0:0 -c:v copy -bsf:v filter_units=pass_types=1-5|7-8 -tag:v avc1 -map 0:1 -c:a copy" in words
    assert "libx264" not in words
    assert "-bsf:v" not in plan.variants[1].output_arguments
    assert plan.variants[2].flags == ("audio_copy_failed",)
    assert plan.variants[3].flags == ("copy_failed",)


@pytest.mark.parametrize(
    ("probe", "flag"),
    [
        (with_film(codec="hevc", profile="Main"), "video_codec"),
        (with_film(profile="High 10"), "video_profile"),
        (with_film(pixel_format="yuv444p"), "pixel_format"),
        (with_film(bit_depth=10), "pixel_format"),
        (with_film(level=52), "level"),
        (with_film(level=-99), "level"),
        (with_film(width=1279), "odd_size"),
        (with_film(width=2560, height=1440), "size"),
        (with_film(sample_aspect=Fraction(16, 11)), "sar"),
        (with_film(rotation=-90.0), "rotation"),
        (with_film(rotation=0.0), "rotation"),
        (with_film(field_order="tt"), "interlaced"),
        (with_film(color_transfer="smpte2084"), "hdr"),
        (with_film(color_transfer="arib-std-b67"), "hdr"),
        (replace(WHOLE, format_name="avi"), "annexb"),
        (with_film(packets=None), "timestamps"),
        (with_packets(monotonic=False), "timestamps"),
        (with_packets(timed=False), "timestamps"),
        (with_packets(starts_with_keyframe=False), "timestamps"),
        (with_packets(discarded=3), "edit_list"),
        (with_packets(corrupt=1), "damaged"),
        (with_packets(longest_gop=10.5), "gop"),
        (with_film(bit_rate=12_000_000), "bitrate"),
    ],
)
def test_a_picture_that_not_every_browser_plays_is_encoded_and_says_why(probe: Probe, flag: str) -> None:
    plan = plan_of(probe)
    # Twice where the sound is copied: only its bytes tell that it is no good.
    assert list(dict.fromkeys(variant.name for variant in plan.variants)) == ["encode", "gentle", "silent"]
    assert plan.flags[0] == flag
    assert "libx264" in plan.variants[0].output_arguments


@pytest.mark.parametrize(
    ("probe", "flag"),
    [
        (with_sound(codec="mp3"), "audio_codec"),
        (with_sound(profile="HE-AAC"), "audio_profile"),
        (with_sound(channels=6, layout="5.1"), "audio_layout"),
        (with_sound(layout=""), "audio_layout"),
        (with_sound(bit_rate=512_000), "audio_bitrate"),
    ],
)
def test_only_the_stream_that_needs_it_is_encoded(probe: Probe, flag: str) -> None:
    copy = plan_of(probe).variants[0]
    assert copy.name == "copy"
    assert flag in copy.flags
    assert "-c:v copy" in " ".join(copy.output_arguments)
    assert "-c:a aac" in " ".join(copy.output_arguments)


def test_sound_that_is_fine_is_copied_beside_a_picture_that_is_not() -> None:
    encode = plan_of(with_film(codec="mpeg4")).variants[0]
    assert "-c:a copy" in " ".join(encode.output_arguments)


@pytest.mark.parametrize(
    ("times", "flag"),
    [
        (
            [*(k * 1024 / 48000 for k in range(400)), *(3 + k * 1024 / 48000 for k in range(400, 800))],
            "audio_timestamps",
        ),
        ([k * 1.01 * 1024 / 48000 for k in range(938)], "audio_timestamps"),
        ([], "audio_timestamps"),
    ],
)
def test_sound_that_a_browser_would_play_at_other_times_is_encoded(times: list[float], flag: str) -> None:
    packets = replace(PACKETS, times=times)
    assert make_plan(with_audios(replace(SOUND, packets=packets)), profile=BUILT_IN["mp4"], threads=1).flags == (flag,)


def test_sound_that_an_edit_list_hides_in_the_middle_is_encoded() -> None:
    assert SOUND.packets is not None
    hidden = with_audios(replace(SOUND, packets=replace(SOUND.packets, hidden=3, discarded=4)))
    assert make_plan(hidden, profile=BUILT_IN["mp4"], threads=1).flags == ("audio_edit_list",)
