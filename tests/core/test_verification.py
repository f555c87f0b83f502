from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.expectation import CopiedStreams, Expectation, ExpectedContent, ExpectedStreams, Medium, OutputFacts
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.verification import VerificationResult, judge

PICTURE = VideoStream(
    index=0, codec="h264", codec_tag="avc1", width=640, height=360, pixel_format="yuv420p", duration=20.0
)
PROBE = Probe(format_name="mov,mp4", duration=20.0, videos=(PICTURE,), audios=(AudioStream(index=1, codec="aac"),))
PACKETS = PacketFacts(count=500, keyframes=5, first=0.0, last=19.96, last_duration=0.04)
GOOD = OutputFacts(
    size=1_000_000,
    probe=PROBE,
    boxes=("ftyp", "moov", "free", "mdat"),
    video_packets=PACKETS,
    audio_packets=PACKETS,
)
WANTED = Expectation(
    medium=Medium.VIDEO,
    streams=ExpectedStreams(
        formats=("mov",),
        video_codec="h264",
        pixel_formats=("yuv420p",),
        codec_tag="avc1",
        audio_codec="aac",
        width=640,
        height=360,
    ),
    content=ExpectedContent(duration=20.0),
    limits=Limits(),
)


MUTE = replace(WANTED, streams=replace(WANTED.streams, audio_codec=None))
COPIED = replace(WANTED, copied=CopiedStreams(video=True))
LAST = replace(WANTED, is_last=True)


def _holding(wanted: Expectation = WANTED, **changes: object) -> Expectation:
    return replace(wanted, content=replace(wanted.content, **changes))  # type: ignore[arg-type]


def _lasting(seconds: float) -> OutputFacts:
    probe = replace(PROBE, videos=(replace(PICTURE, duration=seconds),))
    packets = replace(PACKETS, last=seconds - 0.04)
    return replace(GOOD, probe=probe, video_packets=packets, audio_packets=packets)


def _picture(**changes: object) -> OutputFacts:
    return replace(GOOD, probe=replace(PROBE, videos=(replace(PICTURE, **changes),)))  # type: ignore[arg-type]


def test_an_output_that_is_what_was_planned_is_verified() -> None:
    verification = judge(GOOD, WANTED)
    assert verification.result is VerificationResult.VERIFIED
    assert verification.ratio is None
    assert (verification.duration, verification.width, verification.height) == (20.0, 640, 360)
    assert (verification.video_codec, verification.audio_codec) == ("h264", "aac")


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        (replace(GOOD, size=0), "it is empty"),
        (replace(GOOD, boxes=("ftyp", "moov", "moof", "mdat")), "fragmented"),
        (replace(GOOD, boxes=("ftyp", "mdat", "moov")), "index stands behind"),
        (replace(GOOD, boxes=("moov", "mdat")), "a part of the mp4 is missing"),
        (replace(GOOD, video_packets=PacketFacts()), "no picture"),
        (replace(GOOD, video_packets=replace(PACKETS, keyframes=0)), "no key frame"),
        (_picture(codec="hevc"), "its picture is hevc"),
        (_picture(pixel_format="yuv444p"), "its pixels are yuv444p"),
        (_picture(codec_tag="avc3"), "tagged avc3"),
        (_picture(sample_aspect=Fraction(16, 11)), "not square"),
        (_picture(rotation=-90.0), "asks to be turned"),
        (_picture(width=642), "642 pixels wide"),
        (_picture(height=480), "480 pixels high"),
        (replace(GOOD, audio_packets=PacketFacts()), "no sound"),
        (replace(GOOD, decode_errors="error while decoding MB"), "does not decode"),
    ],
)
def test_exit_0_proves_nothing(facts: OutputFacts, complaint: str) -> None:
    with pytest.raises(AttemptFailed, match=complaint) as caught:
        judge(facts, WANTED)
    assert caught.value.error_class is ErrorClass.VERIFICATION_FAILED


def test_an_output_that_reached_its_limit_was_cut() -> None:
    with pytest.raises(AttemptFailed) as caught:
        judge(replace(GOOD, size=970_000), replace(WANTED, limits=Limits(max_output_bytes=1_000_000)))
    assert caught.value.error_class is ErrorClass.OUTPUT_TOO_LARGE


@pytest.mark.parametrize("seconds", [19.0, 20.0, 25.0])
def test_a_second_less_and_any_more_is_whole(seconds: float) -> None:
    assert judge(_lasting(seconds), WANTED).result is VerificationResult.VERIFIED


def test_a_half_lost_source_is_never_passed_off_as_whole() -> None:
    verification = judge(_lasting(12.0), WANTED)
    assert verification.result is VerificationResult.SALVAGED
    assert verification.ratio == pytest.approx(0.6)


def test_pictures_that_were_lost_in_the_middle_are_missed() -> None:
    lost = replace(GOOD, video_packets=replace(PACKETS, count=300), complained=True)
    salvaged = judge(lost, _holding(pictures=500))
    assert (salvaged.result, salvaged.ratio) == (VerificationResult.SALVAGED, 0.6)
    more = replace(lost, video_packets=replace(PACKETS, count=200))
    with pytest.raises(BadSource, match=r"^Only 8 s of 20 s could be read\.$"):
        judge(more, _holding(LAST, pictures=500))


def test_pictures_that_nobody_complains_of_were_never_to_be_seen() -> None:
    fewer = replace(GOOD, video_packets=replace(PACKETS, count=300))
    assert judge(fewer, _holding(pictures=500)).result is VerificationResult.VERIFIED
    one_less = replace(GOOD, video_packets=replace(PACKETS, count=49), complained=True)
    assert judge(one_less, _holding(pictures=50)).result is VerificationResult.VERIFIED


def test_a_hole_in_the_file_is_missed() -> None:
    assert judge(GOOD, _holding(missing=0.3, doubtful=0.3)).ratio == pytest.approx(0.7)
    assert judge(GOOD, _holding(doubtful=0.3)).result is VerificationResult.VERIFIED
    assert judge(replace(GOOD, complained=True), _holding(doubtful=0.3)).ratio == pytest.approx(0.7)


def test_a_copy_of_what_is_damaged_gives_way_to_an_encode() -> None:
    with pytest.raises(AttemptFailed, match="its source is damaged"):
        judge(replace(GOOD, complained=True), COPIED)


def test_less_than_half_is_rejected_saying_how_much() -> None:
    with pytest.raises(BadSource) as caught:
        judge(_lasting(8.0), LAST)
    assert caught.value.error_class is ErrorClass.TRUNCATED
    assert str(caught.value) == "Only 8 s of 20 s could be read."


def test_a_gentler_variant_gets_its_chance_before_a_source_is_rejected() -> None:
    with pytest.raises(AttemptFailed):
        judge(_lasting(8.0), WANTED)


def test_a_site_sets_what_is_salvaged_and_what_rejected() -> None:
    generous = replace(LAST, limits=Limits(minimum_readable=0.1))
    assert judge(_lasting(8.0), generous).result is VerificationResult.SALVAGED
    with pytest.raises(BadSource):
        judge(_lasting(18.0), replace(LAST, limits=Limits(accept_salvaged=False)))


def test_a_copy_that_is_short_gives_way_to_an_encode() -> None:
    with pytest.raises(AttemptFailed, match="only 12 s of 20 s were copied"):
        judge(_lasting(12.0), COPIED)


def test_a_copy_whose_index_ends_before_its_film_gives_way_to_an_encode() -> None:
    short = replace(GOOD, probe=replace(PROBE, videos=(replace(PICTURE, duration=19.5),)))
    with pytest.raises(AttemptFailed, match="its index ends"):
        judge(short, COPIED)


def test_a_length_that_only_the_container_declares_is_a_hint() -> None:
    hinted = _holding(duration=None, hint=40.0)
    assert judge(replace(GOOD, audio_packets=replace(PACKETS, last=39.9)), hinted).result is VerificationResult.VERIFIED
    assert judge(GOOD, hinted).ratio == pytest.approx(0.5)
    silent = replace(GOOD, probe=replace(PROBE, audios=()), audio_packets=None)
    assert judge(silent, _holding(MUTE, duration=None, hint=40.0)).result is VerificationResult.VERIFIED


def test_nothing_decoded_by_the_last_variant_is_the_sources_fault() -> None:
    with pytest.raises(BadSource) as caught:
        judge(replace(GOOD, video_packets=None), LAST)
    assert caught.value.error_class is ErrorClass.UNDECODABLE


def test_a_picture_without_the_sound_it_should_have_is_only_salvaged() -> None:
    silent = replace(GOOD, audio_packets=PacketFacts())
    assert judge(silent, LAST).result is VerificationResult.SALVAGED


def test_what_runs_past_the_longest_allowed_is_too_long() -> None:
    with pytest.raises(BadSource) as caught:
        judge(_lasting(20.0), replace(WANTED, limits=Limits(max_duration=15)))
    assert caught.value.error_class is ErrorClass.TOO_LONG
    assert str(caught.value) == "The film is longer than the 15 s that are accepted."


def test_a_second_is_too_much_of_a_short_film() -> None:
    with pytest.raises(AttemptFailed, match=r"only 0\.8 s of 2 s"):
        judge(_lasting(0.8), _holding(duration=2.0))
    assert judge(_lasting(1.9), _holding(duration=2.0)).result is VerificationResult.VERIFIED
    assert judge(_lasting(1.2), _holding(duration=2.0)).ratio == pytest.approx(0.6)


def test_a_film_without_the_sound_that_it_had_is_only_salvaged() -> None:
    mute = replace(GOOD, audio_packets=None)
    assert judge(mute, _holding(MUTE, silenced=True)).ratio == 1.0
    assert judge(mute, MUTE).result is VerificationResult.VERIFIED
