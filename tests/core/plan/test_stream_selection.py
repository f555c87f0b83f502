from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import make_plan
from mediaproc.core.plan.stream_selection import (
    choose_audio_or_mono_pair,
    choose_audio_stream,
    choose_video_stream,
    left_out_flags,
    missing_audio_flags,
)
from mediaproc.core.probe import AudioStream, Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import FILM, PACKETS, SOUND, WHOLE, plan_of, with_audios, with_film, with_sound

LEFT = replace(SOUND, index=1, channels=1, layout="mono", start=0.0)
RIGHT = replace(LEFT, index=2)
SHORT = replace(PACKETS, last=9.0)
# Six hours of 2160 lines at 60 pictures a second.
MOST_PICTURES = 6 * 3600 * 60


def test_a_codec_that_this_ffmpeg_only_knows_by_name_is_left_out() -> None:
    assert plan_of(with_sound(codec="smv").decoded_by({"h264", "aac"})).flags == ("audio_undecodable",)
    with pytest.raises(BadSource, match="cannot be decoded here"):
        plan_of(with_film(codec="vvc").decoded_by({"h264", "aac"}))


def test_a_still_beside_a_film_is_not_the_film() -> None:
    still = replace(FILM, index=0, width=3000, height=3000, frames=1)
    film = replace(FILM, index=1, frames=500)
    assert choose_video_stream(replace(WHOLE, videos=(still, film))) == film
    assert choose_video_stream(replace(WHOLE, videos=(still,))) == still


def test_a_copy_protected_film_is_called_so() -> None:
    with pytest.raises(BadSource, match="copy-protected") as caught:
        plan_of(with_film(codec="", codec_tag="encv"))
    assert caught.value.error_class is ErrorClass.UNDECODABLE


def test_cover_art_and_undecodable_streams_are_never_the_film() -> None:
    cover = replace(FILM, index=0, width=3000, height=3000, attached_picture=True)
    film = replace(FILM, index=2)
    undecodable = replace(SOUND, index=1, codec="", bit_rate=999_999)
    probe = replace(WHOLE, videos=(cover, film), audios=(undecodable, replace(SOUND, index=3)))
    assert choose_video_stream(probe) == film
    sound = choose_audio_stream(probe)
    assert sound is not None
    assert sound.index == 3


def test_the_default_stream_goes_before_the_larger_and_the_first() -> None:
    small, large = replace(FILM, index=0, width=320, height=240), replace(FILM, index=1, default=False)
    assert choose_video_stream(replace(WHOLE, videos=(large, small))) == small
    plain = [replace(SOUND, index=index, default=False) for index in (2, 1)]
    assert choose_audio_stream(replace(WHOLE, audios=tuple(plain))) == plain[1]
    assert choose_audio_stream(replace(WHOLE, audios=(plain[1], replace(plain[0], default=True)))) is not None


@pytest.mark.parametrize(
    ("probe", "error_class", "sentence"),
    [
        (replace(WHOLE, videos=()), ErrorClass.NO_VIDEO, "The file has no picture, only sound."),
        (
            replace(WHOLE, videos=(), audios=()),
            ErrorClass.UNDECODABLE,
            "The file has neither a picture nor sound that can be decoded.",
        ),
        (
            with_film(codec=""),
            ErrorClass.UNDECODABLE,
            "The picture of this file is in a format that cannot be decoded here; export it as H.264.",
        ),
        (
            with_film(width=20_000, height=20_000),
            ErrorClass.TOO_LARGE,
            "The picture is 20000 x 20000; at most 35.4 megapixels are accepted.",
        ),
        (
            with_film(width=20_000, height=10),
            ErrorClass.TOO_LARGE,
            "The picture is 20000 x 10; at most 8192 pixels a side are accepted.",
        ),
        (
            replace(WHOLE, size=80 * 10**9),
            ErrorClass.TOO_LARGE,
            "The file has 80 GB; at most 68.7 GB are accepted.",
        ),
        (
            replace(WHOLE, duration=8 * 3600.0),
            ErrorClass.TOO_LONG,
            "The film is 8 h long; at most 6 h are accepted.",
        ),
        (
            replace(WHOLE, stream_count=65),
            ErrorClass.TOO_MANY_STREAMS,
            "The file has 65 streams; at most 64 are accepted.",
        ),
    ],
)
def test_what_cannot_become_an_mp4_gets_one_sentence(probe: Probe, error_class: ErrorClass, sentence: str) -> None:
    with pytest.raises(BadSource) as caught:
        plan_of(probe)
    assert caught.value.error_class is error_class
    assert str(caught.value) == sentence


def test_a_film_without_sound_has_no_mp3() -> None:
    with pytest.raises(BadSource, match=r"The file has no sound, only a picture\."):
        plan_of(replace(WHOLE, audios=()), profile="mp3")


@pytest.mark.parametrize("profile", ["gif", "poster"])
def test_sound_alone_has_no_pictures(profile: str) -> None:
    with pytest.raises(BadSource, match=r"The file has no picture, only sound\."):
        plan_of(replace(WHOLE, videos=()), profile=profile)


@pytest.mark.parametrize(
    ("width", "height", "pictures"),
    [(3840, 2160, MOST_PICTURES), (7680, 4320, MOST_PICTURES // 4), (1920, 1080, 4 * MOST_PICTURES)],
)
def test_what_would_take_a_node_for_weeks_is_refused_with_a_sentence(width: int, height: int, pictures: int) -> None:
    """Each of length, picture and rate is within its limit."""

    def film(count: int) -> Probe:
        packets = replace(PACKETS, count=count, last=6 * 3600.0)
        return replace(with_film(width=width, height=height, duration=6 * 3600.0, packets=packets), duration=6 * 3600.0)

    assert plan_of(film(pictures)).wall_limit <= 3 * 86_400
    for profile in ("mp4", "gif", "poster"):
        with pytest.raises(BadSource, match=r"as much to decode as 9 h of 3840 x 2160 .*; at most 6 h") as caught:
            plan_of(film(pictures * 3 // 2), profile=profile)
        assert caught.value.error_class is ErrorClass.TOO_LARGE
    # A site that takes longer films takes more.
    plan_of(film(pictures * 3 // 2), limits=Limits(max_duration=10 * 3600.0))


@pytest.mark.parametrize("rate", [None, Fraction(90_000)])
def test_before_the_pictures_are_counted_a_film_is_taken_to_have_thirty_a_second_at_most(rate: Fraction | None) -> None:
    def film(seconds: float, rate: Fraction | None) -> Probe:
        uncounted = with_film(width=8192, height=4320, duration=seconds, packets=None, frame_rate=rate)
        return replace(uncounted, duration=seconds)

    plan_of(film(2.8 * 3600, rate))
    with pytest.raises(BadSource, match="Upload it smaller, or in parts"):
        plan_of(film(3.2 * 3600, rate))
    # Slides.
    plan_of(film(5.9 * 3600, Fraction(1, 5)))


def test_a_short_film_of_the_largest_picture_is_taken_however_short_films_must_be() -> None:
    short = replace(with_film(width=8192, height=4320, duration=9.0), duration=9.0)
    assert plan_of(short, limits=Limits(max_duration=10.0)).duration == 9.0


def test_two_mono_tracks_are_left_and_right() -> None:
    assert choose_audio_or_mono_pair(with_audios(LEFT, RIGHT)) == (LEFT, RIGHT)
    assert choose_audio_or_mono_pair(with_audios(LEFT, replace(RIGHT, default=True))) == (
        LEFT,
        replace(RIGHT, default=True),
    )
    plan = make_plan(with_audios(LEFT, RIGHT), profile=BUILT_IN["mp4"], threads=1)
    assert plan.flags == ("audio_pair",)
    assert "join=channel_layout=stereo:inputs=2" in " ".join(plan.variants[0].output_arguments)


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
    probe = with_audios(replace(LEFT, language="eng"), other)
    taken = choose_audio_or_mono_pair(probe)
    assert len(taken) == 1
    assert left_out_flags(probe, taken=taken) == (("audio_tracks",) if other.usable else ())


def test_one_language_makes_a_pair_of_tracks_of_two_lengths() -> None:
    assert (
        len(
            choose_audio_or_mono_pair(
                with_audios(replace(LEFT, language="eng"), replace(RIGHT, language="eng", packets=SHORT))
            )
        )
        == 2
    )


def test_a_track_that_holds_nothing_is_none_and_not_called_damaged() -> None:
    empty = with_audios(replace(SOUND, packets=PacketFacts()))
    assert missing_audio_flags(empty) == ("audio_empty",)
    plan = make_plan(empty, profile=BUILT_IN["mp4"], threads=1)
    assert plan.flags == ("audio_empty",)
    assert plan.expectation.streams.audio_codec is None


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
    sound = with_audios(replace(SOUND, track=2)).needing_a_key({2})
    assert make_plan(sound, profile=BUILT_IN["mp4"], threads=1).flags == ("audio_undecodable",)
