from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import Plan, choose_audio_stream, choose_video_stream, least_output, make_plan
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import BUILT_IN

PACKETS = PacketFacts(
    count=500, keyframes=10, starts_with_keyframe=True, first=0.0, last=19.96, last_duration=0.04, longest_gop=2.0
)
STEADY = PacketFacts(
    count=938,
    keyframes=938,
    first=0.0,
    last=19.99,
    last_duration=0.02,
    times=[place * 1024 / 48000 for place in range(938)],
)
FILM = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=31,
    width=1280,
    height=720,
    pixel_format="yuv420p",
    bit_depth=8,
    field_order="progressive",
    sample_aspect=Fraction(1),
    frame_rate=Fraction(25),
    highest_rate=Fraction(25),
    duration=20.0,
    bit_rate=2_000_000,
    default=True,
    packets=PACKETS,
)
SOUND = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    sample_rate=48000,
    channels=2,
    layout="stereo",
    bit_rate=128_000,
    duration=20.0,
    packets=STEADY,
)
WHOLE = Probe(
    format_name="mov,mp4,m4a,3gp,3g2,mj2",
    duration=20.0,
    start=0.0,
    size=5_000_000,
    bit_rate=2_100_000,
    stream_count=2,
    videos=(FILM,),
    audios=(SOUND,),
)


def _plan(probe: Probe = WHOLE, *, profile: str = "mp4", limits: Limits | None = None) -> Plan:
    return make_plan(probe, profile=BUILT_IN[profile], threads=1, limits=limits or Limits())


def _film(**changes: object) -> Probe:
    return replace(WHOLE, videos=(replace(FILM, **changes),))  # type: ignore[arg-type]


def _sound(**changes: object) -> Probe:
    return replace(WHOLE, audios=(replace(SOUND, **changes),))  # type: ignore[arg-type]


def _packets(**changes: object) -> Probe:
    return _film(packets=replace(PACKETS, **changes))  # type: ignore[arg-type]


def _graph(plan: Plan, variant: int = 0) -> str:
    words = plan.variants[variant].output_arguments
    return words[words.index("-filter_complex") + 1]


def test_what_every_browser_plays_is_copied() -> None:
    plan = _plan()
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
        (_film(codec="hevc", profile="Main"), "video_codec"),
        (_film(profile="High 10"), "video_profile"),
        (_film(pixel_format="yuv444p"), "pixel_format"),
        (_film(bit_depth=10), "pixel_format"),
        (_film(level=52), "level"),
        (_film(level=-99), "level"),
        (_film(width=1279), "odd_size"),
        (_film(width=2560, height=1440), "size"),
        (_film(sample_aspect=Fraction(16, 11)), "sar"),
        (_film(rotation=-90.0), "rotation"),
        (_film(rotation=0.0), "rotation"),
        (_film(field_order="tt"), "interlaced"),
        (_film(color_transfer="smpte2084"), "hdr"),
        (_film(color_transfer="arib-std-b67"), "hdr"),
        (replace(WHOLE, format_name="avi"), "annexb"),
        (_film(packets=None), "timestamps"),
        (_packets(monotonic=False), "timestamps"),
        (_packets(timed=False), "timestamps"),
        (_packets(starts_with_keyframe=False), "timestamps"),
        (_packets(discarded=3), "edit_list"),
        (_packets(corrupt=1), "damaged"),
        (_packets(longest_gop=10.5), "gop"),
        (_film(bit_rate=12_000_000), "bitrate"),
    ],
)
def test_a_picture_that_not_every_browser_plays_is_encoded_and_says_why(probe: Probe, flag: str) -> None:
    plan = _plan(probe)
    # Twice where the sound is copied: only its bytes tell that it is no good.
    assert list(dict.fromkeys(variant.name for variant in plan.variants)) == ["encode", "gentle", "silent"]
    assert plan.flags[0] == flag
    assert "libx264" in plan.variants[0].output_arguments


@pytest.mark.parametrize(
    ("probe", "flag"),
    [
        (_sound(codec="mp3"), "audio_codec"),
        (_sound(profile="HE-AAC"), "audio_profile"),
        (_sound(channels=6, layout="5.1"), "audio_layout"),
        (_sound(layout=""), "audio_layout"),
        (_sound(bit_rate=512_000), "audio_bitrate"),
    ],
)
def test_only_the_stream_that_needs_it_is_encoded(probe: Probe, flag: str) -> None:
    copy = _plan(probe).variants[0]
    assert copy.name == "copy"
    assert flag in copy.flags
    assert "-c:v copy" in " ".join(copy.output_arguments)
    assert "-c:a aac" in " ".join(copy.output_arguments)


def test_sound_that_is_fine_is_copied_beside_a_picture_that_is_not() -> None:
    encode = _plan(_film(codec="mpeg4")).variants[0]
    assert "-c:a copy" in " ".join(encode.output_arguments)


def test_the_gentle_variant_drops_no_packet_and_gives_up_on_nothing() -> None:
    encode, gentle = _plan(replace(_film(codec="mpeg4"), audios=())).variants
    assert "+genpts+discardcorrupt" in encode.input_arguments
    assert "+genpts" in gentle.input_arguments
    assert "-max_error_rate 1" in " ".join(gentle.output_arguments)
    assert gentle.expectation.is_last
    assert not encode.expectation.is_last
    assert "-c:a aac" in " ".join(_plan(_film(codec="mpeg4")).variants[1].output_arguments)


def test_the_last_try_is_without_the_sound_and_says_so() -> None:
    *others, silent = _plan(_film(codec="mpeg4")).variants
    assert "-an" in silent.output_arguments
    assert silent.flags == ("video_codec", "damaged", "audio_undecodable")
    assert (silent.expectation.is_last, silent.expectation.content.silenced) == (True, True)
    assert not any(variant.expectation.is_last or variant.expectation.content.silenced for variant in others)
    hinted = _plan(replace(_film(duration=None), format_name="flv")).variants[-1].expectation
    assert hinted.content.duration == hinted.content.hint == WHOLE.duration


def test_a_codec_that_this_ffmpeg_only_knows_by_name_is_left_out() -> None:
    assert _plan(_sound(codec="smv").decoded_by({"h264", "aac"})).flags == ("audio_undecodable",)
    with pytest.raises(BadSource, match="cannot be decoded here"):
        _plan(_film(codec="vvc").decoded_by({"h264", "aac"}))


def test_a_still_beside_a_film_is_not_the_film() -> None:
    still = replace(FILM, index=0, width=3000, height=3000, frames=1)
    film = replace(FILM, index=1, frames=500)
    assert choose_video_stream(replace(WHOLE, videos=(still, film))) == film
    assert choose_video_stream(replace(WHOLE, videos=(still,))) == still


@pytest.mark.parametrize("container", ["mpegts", "mpeg", "mpegvideo"])
def test_the_distance_of_two_times_of_a_clock_is_no_length(container: str) -> None:
    jumping = replace(_packets(last=50_000.0, steps=49_980.0), format_name=container, duration=50_000.0)
    plan = _plan(jumping)
    assert plan.duration == pytest.approx(20, abs=0.1)
    assert (plan.expectation.content.duration, plan.expectation.content.hint) == (None, None)
    with pytest.raises(BadSource):
        _plan(replace(jumping, format_name="flv"))


def test_dv_is_interlaced_where_nothing_says_what_it_is() -> None:
    plan = _plan(replace(_film(codec="dvvideo", field_order=""), format_name="dv"))
    assert "interlaced" in plan.flags
    assert "bwdif=deint=interlaced:mode=send_frame" in _graph(plan)
    assert "interlaced" not in _plan(_film(codec="dvvideo", field_order="progressive")).flags


@pytest.mark.parametrize("pixel_format", ["argb", "abgr", "0rgb", "0bgr", "x2rgb10le", "rgba", "gbrp", "bgr24"])
def test_rgb_in_every_order_is_named_once_it_is_yuv(pixel_format: str) -> None:
    assert "setparams=color_primaries=bt709" in _graph(_plan(_film(pixel_format=pixel_format)))


def test_what_was_cut_shows_in_the_pictures_of_it() -> None:
    cut = _packets(last=8.0, last_duration=0.0)
    for name, missing in (("poster", 0.6), ("gif", 0.2)):
        assert make_plan(cut, profile=BUILT_IN[name], threads=1).expectation.content.missing == pytest.approx(missing)
        assert make_plan(WHOLE, profile=BUILT_IN[name], threads=1).expectation.content.missing == 0


def test_a_copy_protected_film_is_called_so() -> None:
    with pytest.raises(BadSource, match="copy-protected") as caught:
        _plan(_film(codec="", codec_tag="encv"))
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


def test_sound_that_nothing_decodes_is_left_out_and_says_so() -> None:
    plan = _plan(_sound(codec=""))
    assert plan.flags == ("audio_undecodable",)
    assert "-an" in plan.variants[0].output_arguments
    assert plan.expectation.streams.audio_codec is None


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
            _film(codec=""),
            ErrorClass.UNDECODABLE,
            "The picture of this file is in a format that cannot be decoded here; export it as H.264.",
        ),
        (
            _film(width=20_000, height=20_000),
            ErrorClass.TOO_LARGE,
            "The picture is 20000 x 20000; at most 35.4 megapixels are accepted.",
        ),
        (
            _film(width=20_000, height=10),
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
        _plan(probe)
    assert caught.value.error_class is error_class
    assert str(caught.value) == sentence


def test_a_film_without_sound_has_no_mp3() -> None:
    with pytest.raises(BadSource, match=r"The file has no sound, only a picture\."):
        _plan(replace(WHOLE, audios=()), profile="mp3")


@pytest.mark.parametrize("profile", ["gif", "poster"])
def test_sound_alone_has_no_pictures(profile: str) -> None:
    with pytest.raises(BadSource, match=r"The file has no picture, only sound\."):
        _plan(replace(WHOLE, videos=()), profile=profile)


@given(
    width=st.integers(min_value=1, max_value=9000),
    height=st.integers(min_value=1, max_value=9000),
    sample=st.fractions(min_value=Fraction(1, 20), max_value=20) | st.none(),
    rotation=st.sampled_from([None, 0.0, 90.0, -90.0, 180.0, 270.0, 12.5]),
    most=st.sampled_from([360, 1080, 2160]),
)
def test_every_display_size_is_even_and_within_bounds(
    width: int, height: int, sample: Fraction | None, rotation: float | None, most: int
) -> None:
    video = replace(FILM, width=width, height=height, sample_aspect=sample, rotation=rotation)
    sides = display_size(video, max_height=most)
    assert all(side % 2 == 0 and side >= 2 for side in sides)
    assert min(sides) <= most
    assert max(sides) <= 4096


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"width": 1, "height": 1}, (2, 2)),
        ({"width": 161, "height": 121}, (160, 120)),
        ({"width": 352, "height": 288, "sample_aspect": Fraction(12, 11)}, (384, 288)),
        ({"width": 640, "height": 480, "sample_aspect": Fraction(16, 9)}, (1138, 480)),
        ({"width": 640, "height": 480, "rotation": -90.0}, (480, 640)),
        ({"width": 3840, "height": 2160}, (1920, 1080)),
        ({"width": 2160, "height": 3840}, (1080, 1920)),
        ({"width": 640, "height": 480, "sample_aspect": Fraction(1000, 1)}, (640, 480)),
    ],
)
def test_the_picture_is_upright_with_square_pixels(changes: dict[str, object], size: tuple[int, int]) -> None:
    video = replace(FILM, **changes)  # type: ignore[arg-type]
    assert display_size(video, max_height=1080) == size


def test_filters_come_in_the_order_in_which_a_picture_needs_them() -> None:
    graph = _graph(_plan(_film(field_order="tt", color_transfer="smpte2084", pixel_format="yuv420p10le")))
    places = [
        graph.index(name)
        for name in (
            "bwdif",
            "zscale",
            "tonemap=",
            "scale=if(",
            "pad=1280:720",
            "setsar",
            "sidedata=",
        )
    ]
    assert places == sorted(places)
    assert graph.startswith("[0:0]bwdif=mode=send_frame")


def test_a_plain_picture_gets_no_filter_that_it_does_not_need() -> None:
    graph = _graph(_plan(_film(codec="mpeg4", color_space="bt709")))
    others = ("bwdif", "zscale", "tonemap", "tpad", "setparams", "overlay", "framestep", "setpts")
    assert not any(name in graph for name in others)


def test_a_held_last_picture_is_shown_once_more_where_no_sound_goes_on() -> None:
    held = replace(PACKETS, last=10.0, last_duration=10.0)
    silent = replace(_film(codec="mpeg4", packets=held), audios=())
    plan = _plan(silent)
    assert "tpad=stop=1:stop_mode=clone" in _graph(plan)
    assert "stop_duration" not in _graph(plan)
    assert plan.expectation.content.duration == 20.0
    sounding = _plan(replace(silent, audios=(SOUND,)))
    assert "tpad" not in _graph(sounding)
    assert sounding.expectation.content.duration == 10.0


def test_a_film_of_stills_has_no_b_frames() -> None:
    words = _plan(_film(codec="mpeg4", packets=replace(PACKETS, longest_gap=600.0))).variants[0]
    assert "-bf 0" in " ".join(words.output_arguments)
    assert "-bf" not in _plan(_film(codec="mpeg4")).variants[0].output_arguments


def test_an_avi_is_held_to_its_own_count_of_frames() -> None:
    cut = replace(WHOLE, format_name="avi", duration=8.0, container=ContainerFacts(frames=500, frame_duration=0.04))
    assert _plan(cut).expectation.content.duration == 20.0


def test_an_asf_is_held_to_its_length_only_where_bytes_are_missing() -> None:
    facts = ContainerFacts(duration=40.0, size=5_000_000)
    whole = replace(WHOLE, format_name="asf", container=facts)
    assert _plan(whole).expectation.content.duration is None
    assert _plan(whole).expectation.content.hint == 20.0
    assert _plan(replace(whole, size=2_000_000)).expectation.content.duration == 40.0


def test_a_film_that_begins_late_is_as_long_as_it_is() -> None:
    late = replace(_film(duration=21.5, packets=replace(PACKETS, first=1.5, last=21.46)), format_name="matroska,webm")
    assert _plan(late).expectation.content.duration == 20.0


@pytest.mark.parametrize("name", ["flv", "matroska,webm"])
def test_a_film_without_sound_is_held_to_its_containers_length(name: str) -> None:
    alone = replace(_film(duration=None), format_name=name, audios=(), stream_count=1)
    assert _plan(alone).expectation.content.duration == 20.0
    beside = replace(_film(duration=None), format_name=name)
    assert (_plan(beside).expectation.content.duration, _plan(beside).expectation.content.hint) == (None, 20.0)


def test_every_input_is_limited_the_same_way() -> None:
    limits = Limits(max_pixels=1_000_000, max_streams=8)
    small = _film(width=640, height=360)
    for profile in BUILT_IN:
        for variant in _plan(small, profile=profile, limits=limits).variants:
            assert variant.input_arguments[: len(input_limits(limits))] == input_limits(limits)
    words = " ".join(input_limits(limits))
    assert "-protocol_whitelist file -format_whitelist avi,mov" in words
    assert not {"hls", "concat", "dash", "image2"} & set(SOURCE_FORMATS)


# Six hours of 2160 lines at 60 pictures a second.
MOST_PICTURES = 6 * 3600 * 60


@pytest.mark.parametrize(
    ("width", "height", "pictures"),
    [(3840, 2160, MOST_PICTURES), (7680, 4320, MOST_PICTURES // 4), (1920, 1080, 4 * MOST_PICTURES)],
)
def test_what_would_take_a_node_for_weeks_is_refused_with_a_sentence(width: int, height: int, pictures: int) -> None:
    """Each of length, picture and rate is within its limit."""

    def film(count: int) -> Probe:
        packets = replace(PACKETS, count=count, last=6 * 3600.0)
        return replace(_film(width=width, height=height, duration=6 * 3600.0, packets=packets), duration=6 * 3600.0)

    assert _plan(film(pictures)).wall_limit <= 3 * 86_400
    for profile in ("mp4", "gif", "poster"):
        with pytest.raises(BadSource, match=r"as much to decode as 9 h of 3840 x 2160 .*; at most 6 h") as caught:
            _plan(film(pictures * 3 // 2), profile=profile)
        assert caught.value.error_class is ErrorClass.TOO_LARGE
    # A site that takes longer films takes more.
    _plan(film(pictures * 3 // 2), limits=Limits(max_duration=10 * 3600.0))


@pytest.mark.parametrize("rate", [None, Fraction(90_000)])
def test_before_the_pictures_are_counted_a_film_is_taken_to_have_thirty_a_second_at_most(rate: Fraction | None) -> None:
    def film(seconds: float, rate: Fraction | None) -> Probe:
        uncounted = _film(width=8192, height=4320, duration=seconds, packets=None, frame_rate=rate)
        return replace(uncounted, duration=seconds)

    _plan(film(2.8 * 3600, rate))
    with pytest.raises(BadSource, match="Upload it smaller, or in parts"):
        _plan(film(3.2 * 3600, rate))
    # Slides.
    _plan(film(5.9 * 3600, Fraction(1, 5)))


def test_a_short_film_of_the_largest_picture_is_taken_however_short_films_must_be() -> None:
    short = replace(_film(width=8192, height=4320, duration=9.0), duration=9.0)
    assert _plan(short, limits=Limits(max_duration=10.0)).duration == 9.0


def test_no_transcode_is_given_more_than_days() -> None:
    slides = replace(PACKETS, count=600, last=6 * 3600.0)
    endless = replace(_film(width=8192, height=4320, duration=6 * 3600.0, packets=slides), duration=6 * 3600.0)
    assert 86_400 < _plan(endless).wall_limit <= 3 * 86_400
    assert _plan(WHOLE).wall_limit < 3600


def test_a_larger_picture_and_a_slower_encoder_need_more() -> None:
    small, large = _plan(_film(width=640, height=360)), _plan(_film(width=3840, height=2160))
    assert small.memory < large.memory < _plan(_film(width=3840, height=2160), profile="mp4-quality").memory
    assert small.wall_limit < large.wall_limit
    assert small.output_estimate > 0


def test_what_is_sure_before_the_probe_is_never_more_than_the_plan_wants() -> None:
    """Else a task that fits would be refused: the smallest and shortest films here, under limits of any size."""
    tiny = replace(_film(width=2, height=2, duration=0.0), duration=0.0, size=1)
    for limits in (Limits(), Limits(max_output_bytes=1)):
        for profile in BUILT_IN.values():
            plan = _plan(tiny, profile=profile.name, limits=limits)
            assert 0 <= least_output(profile, limits=limits) <= plan.output_estimate
    assert least_output(BUILT_IN["mp4"], limits=Limits()) > 0


def test_nothing_tells_more_of_the_uploader_than_the_film_does() -> None:
    for profile in ("mp4", "mp3"):
        for variant in _plan(profile=profile).variants:
            assert "-map_metadata -1 -map_chapters -1" in " ".join(variant.output_arguments)
