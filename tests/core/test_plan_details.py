"""Which sound, which colours, how many pictures, how long the last one: the small decisions that a plan is made of."""

from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import choose_video_stream, make_plan
from mediaproc.core.plan.audio_filters import audio_graph
from mediaproc.core.plan.colour import BT601, BT709, assumed
from mediaproc.core.plan.expected_length import hinted_length
from mediaproc.core.plan.frame_rate import stride
from mediaproc.core.plan.last_frame import hold_of, last_duration
from mediaproc.core.plan.stream_selection import choose_audio_or_mono_pair, left_out_flags, missing_sound_flags
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN
from tests.core.test_plan import FILM, PACKETS, SOUND, WHOLE

LEFT = replace(SOUND, index=1, channels=1, layout="mono", start=0.0)
RIGHT = replace(LEFT, index=2)


def _with(*audios: AudioStream) -> Probe:
    return replace(WHOLE, audios=audios)


def test_two_mono_tracks_are_left_and_right() -> None:
    assert choose_audio_or_mono_pair(_with(LEFT, RIGHT)) == (LEFT, RIGHT)
    assert choose_audio_or_mono_pair(_with(LEFT, replace(RIGHT, default=True))) == (LEFT, replace(RIGHT, default=True))
    plan = make_plan(_with(LEFT, RIGHT), profile=BUILT_IN["mp4"], threads=1)
    assert plan.flags == ("audio_pair",)
    assert "join=channel_layout=stereo:inputs=2" in " ".join(plan.variants[0].output_arguments)


SHORT = replace(PACKETS, last=9.0)


@pytest.mark.parametrize(
    "other",
    [
        replace(RIGHT, secondary=True),
        replace(RIGHT, language="fra"),
        replace(RIGHT, packets=SHORT),
        replace(RIGHT, channels=2, layout="stereo"),
        replace(RIGHT, start=1.0),
        replace(RIGHT, encrypted=True),
    ],
)
def test_what_differs_is_no_pair_and_the_flag_tells_of_it(other: AudioStream) -> None:
    probe = _with(replace(LEFT, language="eng"), other)
    taken = choose_audio_or_mono_pair(probe)
    assert len(taken) == 1
    assert left_out_flags(probe, taken=taken) == (("audio_tracks",) if other.usable else ())


def test_one_language_makes_a_pair_of_tracks_of_two_lengths() -> None:
    assert (
        len(
            choose_audio_or_mono_pair(
                _with(replace(LEFT, language="eng"), replace(RIGHT, language="eng", packets=SHORT))
            )
        )
        == 2
    )


def test_a_track_that_holds_nothing_is_none_and_not_called_damaged() -> None:
    empty = _with(replace(SOUND, packets=PacketFacts()))
    assert missing_sound_flags(empty) == ("audio_empty",)
    plan = make_plan(empty, profile=BUILT_IN["mp4"], threads=1)
    assert plan.flags == ("audio_empty",)
    assert plan.expectation.streams.audio_codec is None


def test_silence_is_never_put_in_from_zero() -> None:
    text = audio_graph([replace(SOUND, channels=6, layout="5.1")]).text
    assert "aresample=48000:async=1000:flags=res" in text
    assert "first_pts" not in text
    assert "alimiter" in text
    assert "alimiter" not in audio_graph([SOUND]).text


@pytest.mark.parametrize(
    ("channels", "layout", "spread"),
    [(12, "", True), (4, "", False), (6, "5.1(side)", False), (4, "ambisonic 1", True)],
)
def test_channels_of_which_nobody_knows_the_place_are_spread(channels: int, layout: str, spread: bool) -> None:  # noqa: FBT001
    assert ("pan=stereo" in audio_graph([replace(SOUND, channels=channels, layout=layout)]).text) is spread


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
    assert make_plan(_with(replace(SOUND, packets=packets)), profile=BUILT_IN["mp4"], threads=1).flags == (flag,)


def test_sound_that_an_edit_list_hides_in_the_middle_is_encoded() -> None:
    assert SOUND.packets is not None
    hidden = _with(replace(SOUND, packets=replace(SOUND.packets, hidden=3, discarded=4)))
    assert make_plan(hidden, profile=BUILT_IN["mp4"], threads=1).flags == ("audio_edit_list",)


def test_a_still_is_never_the_film() -> None:
    still = replace(FILM, index=0, width=1920, height=1080, packets=replace(PACKETS, count=1))
    slide = replace(still, packets=replace(PACKETS, count=2))
    film = replace(FILM, index=1, width=320, height=240, default=False)
    for other in (still, slide):
        assert choose_video_stream(replace(WHOLE, videos=(other, film))) == film
    assert choose_video_stream(replace(WHOLE, videos=(still,))) == still


@pytest.mark.parametrize(
    ("profile", "compatible", "refused"), [(5, 0, True), (8, 1, False), (8, 4, False), (7, 6, False), (8, 0, True)]
)
def test_dolby_vision_without_another_layer_is_refused(profile: int, compatible: int, refused: bool) -> None:  # noqa: FBT001
    side = {
        "side_data_type": "DOVI configuration record",
        "dv_profile": profile,
        "dv_bl_signal_compatibility_id": compatible,
    }
    stream = {"codec_type": "video", "codec_name": "hevc", "width": 320, "height": 180, "side_data_list": [side]}
    probe = parse_probe({"format": {"format_name": "mov,mp4"}, "streams": [stream]})
    if not refused:
        assert make_plan(probe, profile=BUILT_IN["mp4"], threads=1).variants
        return
    with pytest.raises(BadSource, match="Dolby Vision"):
        make_plan(probe, profile=BUILT_IN["mp4"], threads=1)


def test_a_track_that_needs_a_key_is_called_so_whatever_decodes() -> None:
    probe = replace(WHOLE, videos=(replace(FILM, track=1),)).needing_a_key({1})
    with pytest.raises(BadSource, match="copy-protected"):
        make_plan(probe, profile=BUILT_IN["mp4"], threads=1)
    sound = _with(replace(SOUND, track=2)).needing_a_key({2})
    assert make_plan(sound, profile=BUILT_IN["mp4"], threads=1).flags == ("audio_undecodable",)


def test_a_matrix_that_is_not_named_is_that_of_the_size() -> None:
    assert assumed(replace(FILM, height=720)) == BT709
    assert assumed(replace(FILM, height=576)) == BT601
    assert assumed(replace(FILM, color_space="smpte170m")) is None
    assert assumed(replace(FILM, pixel_format="gbrp")) is None


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


def test_a_lone_picture_is_held_for_its_declared_time_and_slides_are_not() -> None:
    def video(**packets: object) -> VideoStream:
        return replace(FILM, duration=1.0, packets=replace(PACKETS, **packets))  # type: ignore[arg-type]

    one = hold_of(WHOLE, video(count=1, last=0.0, last_duration=None))
    assert one is not None
    assert one.lasts == 1.0
    slides = video(count=6, last=50.0, last_duration=10.0)
    assert hold_of(WHOLE, slides) is None
    assert last_duration(slides) == 10.0
    assert hold_of(WHOLE, video(count=25, last=0.96, last_duration=9.0)) is not None
    assert last_duration(video(last_duration=None, times=[0.0, 0.08, 0.04])) == pytest.approx(0.04)


def test_a_subtitle_that_goes_on_explains_a_container_that_does() -> None:
    longer = replace(WHOLE, format_name="matroska,webm", duration=7.2)
    assert hinted_length(longer) == 7.2
    assert hinted_length(replace(longer, others_end=7.2)) is None
    assert hinted_length(replace(longer, others_end=3.0)) == 7.2
