from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.drawn_check import drawn_fault
from mediaproc.core.errors import AttemptFailed
from mediaproc.core.expectation import DrawnExpectation, Expectation, ExpectedStreams, Medium, OutputFacts
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.verification import VerificationResult, judge

RATE = Fraction(30000, 1001)
DRAWN = DrawnExpectation(frames=60, rate=RATE, audio_seconds=2.002)
TIMES = tuple(float(place / RATE) for place in range(60))
PICTURE = VideoStream(
    index=0, codec="h264", codec_tag="avc1", width=640, height=360, pixel_format="yuv420p", duration=2.002,
    frame_rate=RATE, color_space="bt709", color_primaries="bt709", color_transfer="bt709",
)  # fmt: skip
PICTURES = PacketFacts(count=60, keyframes=1, first=0.0, last=TIMES[-1], last_duration=0.0333, times=TIMES)
SOUND = PacketFacts(count=95, keyframes=95, first=-0.021, last=1.984, last_duration=0.0213)
GOOD = OutputFacts(
    size=1_000_000,
    probe=Probe(format_name="mov", duration=2.0, videos=(PICTURE,), audios=(AudioStream(index=1, codec="aac"),)),
    boxes=("ftyp", "moov", "mdat"),
    video_packets=PICTURES,
    audio_packets=SOUND,
)
WANTED = Expectation(
    medium=Medium.VIDEO,
    streams=ExpectedStreams(formats=("mov",), video_codec="h264", pixel_formats=("yuv420p",), audio_codec="aac"),
    drawn=DRAWN,
    is_last=True,
    limits=Limits(),
)


def test_a_drawn_output_with_all_its_pictures_in_step_is_whole() -> None:
    verification = judge(GOOD, WANTED)
    assert (verification.result, verification.ratio) == (VerificationResult.VERIFIED, None)


@pytest.mark.parametrize(
    ("pictures", "complaint"),
    [
        ({"count": 59}, "it has 59 pictures and not 60"),
        ({"count": 61}, "it has 61 pictures and not 60"),
        ({"times": (*TIMES[:30], *(time + 0.02 for time in TIMES[30:]))}, "its picture 31 is shown at 1.021 s"),
        # One is lost, and another one comes twice.
        ({"times": (*TIMES[:30], TIMES[29], *TIMES[31:])}, "its picture 31 is shown at 0.968 s and not 1.001 s"),
    ],
)
def test_a_picture_that_lacks_or_comes_at_another_time_is_a_fault(pictures: dict[str, object], complaint: str) -> None:
    facts = replace(GOOD, video_packets=replace(PICTURES, **pictures))  # type: ignore[arg-type]
    with pytest.raises(AttemptFailed, match=complaint):
        judge(facts, WANTED)


def test_times_in_another_order_of_decoding_are_no_fault() -> None:
    swapped = (TIMES[0], TIMES[2], TIMES[1], *TIMES[3:])
    assert drawn_fault(replace(GOOD, video_packets=replace(PICTURES, times=swapped)), DRAWN) is None


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(25), None])
def test_another_rate_is_a_fault(rate: Fraction | None) -> None:
    probe = replace(GOOD.probe, videos=(replace(PICTURE, frame_rate=rate),))
    assert "pictures a second and not 29.97" in str(drawn_fault(replace(GOOD, probe=probe), DRAWN))


@pytest.mark.parametrize("tag", ["color_space", "color_primaries", "color_transfer"])
def test_colours_that_are_not_tagged_are_a_fault(tag: str) -> None:
    probe = replace(GOOD.probe, videos=(replace(PICTURE, **{tag: ""}),))  # type: ignore[arg-type]
    assert drawn_fault(replace(GOOD, probe=probe), DRAWN) == "its colours are not tagged as BT.709"


def test_one_picture_has_no_rate() -> None:
    probe = replace(GOOD.probe, videos=(replace(PICTURE, frame_rate=None),))
    facts = replace(GOOD, probe=probe, video_packets=replace(PICTURES, count=1, times=(0.0,)))
    assert drawn_fault(facts, replace(DRAWN, frames=1)) is None


@pytest.mark.parametrize("apart", [0.06, -0.06])
def test_sound_that_is_too_long_or_too_short_is_a_fault(apart: float) -> None:
    facts = replace(GOOD, audio_packets=replace(SOUND, last=1.9807 + apart))
    assert str(drawn_fault(facts, DRAWN)).startswith("its sound lasts")


def test_sound_that_begins_late_is_a_fault() -> None:
    assert drawn_fault(replace(GOOD, audio_packets=replace(SOUND, first=0.1)), DRAWN) == "its sound begins at 0.10 s"


def test_what_a_drawn_output_lacks_is_not_blamed_on_the_source() -> None:
    """There is no one source, and a mend of its plan may make it right."""
    nothing = replace(GOOD, probe=replace(GOOD.probe, videos=(), audios=()), video_packets=None, audio_packets=None)
    for facts in (nothing, replace(GOOD, audio_packets=None), replace(nothing, size=0)):
        with pytest.raises(AttemptFailed):
            judge(facts, WANTED)
