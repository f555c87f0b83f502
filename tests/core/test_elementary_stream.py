"""A bare stream has no container: what is known of its rate and length is what its header and its pictures tell."""

from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.elementary_stream import is_elementary_stream
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN
from mediaproc.core.source_type import source_type

HALF_A_MINUTE = PacketFacts(count=900, keyframes=10, starts_with_keyframe=True, timed=False, longest_gop=0.0)


def _stream(rate: Fraction | None, *, packets: PacketFacts | None = HALF_A_MINUTE) -> VideoStream:
    return VideoStream(
        index=0, codec="h264", profile="High", level=31, width=1280, height=720, pixel_format="yuv420p",
        highest_rate=rate, frame_rate=rate, packets=packets,
    )  # fmt: skip


def _probe(rate: Fraction | None, *, packets: PacketFacts | None = HALF_A_MINUTE) -> Probe:
    return Probe(format_name="h264", stream_count=1, videos=(_stream(rate, packets=packets),), size=10**6)


@pytest.mark.parametrize(
    ("stated", "rate"),
    [
        ("30/1", Fraction(30)),
        ("60000/1001", Fraction(60_000, 1_001)),
        ("240/1", Fraction(240)),
        ("600/1", None),
        ("1000000/1", None),
        ("0/0", None),
    ],
)
def test_what_is_too_fast_for_a_film_is_the_tick_of_a_clock(stated: str, rate: Fraction | None) -> None:
    stream = {"codec_type": "video", "width": 16, "height": 16, "r_frame_rate": stated, "avg_frame_rate": stated}
    bare, held = (
        parse_probe({"format": {"format_name": name}, "streams": [stream]}).videos[0] for name in ("h264", "mov,mp4")
    )
    assert (bare.highest_rate, bare.frame_rate) == (rate, rate)
    assert held.highest_rate == (None if stated == "0/0" else Fraction(stated))


def test_ffmpeg_is_told_a_rate_only_where_the_stream_has_none() -> None:
    told = [make_plan(_probe(rate), profile=BUILT_IN["mp4"], threads=1) for rate in (Fraction(30), None)]
    assert [variant.input_arguments[-2:] == ("-r", "25") for variant in told[0].variants] == [False, False]
    assert [variant.input_arguments[-2:] == ("-r", "25") for variant in told[1].variants] == [True, True]


def test_a_film_with_times_is_told_no_rate() -> None:
    stream = _stream(None)
    plan = make_plan(Probe(format_name="matroska,webm", videos=(stream,)), profile=BUILT_IN["mp4"], threads=1)
    assert "-r" not in plan.variants[0].input_arguments


def test_its_length_is_counted() -> None:
    assert make_plan(_probe(Fraction(30)), profile=BUILT_IN["mp4"], threads=1).duration == 30.0
    assert make_plan(_probe(None), profile=BUILT_IN["mp4"], threads=1).duration == 36.0
    assert make_plan(_probe(Fraction(30), packets=None), profile=BUILT_IN["mp4"], threads=1).duration is None
    empty = PacketFacts(timed=False)
    assert make_plan(_probe(Fraction(30), packets=empty), profile=BUILT_IN["mp4"], threads=1).duration is None


def test_a_size_below_zero_gives_no_limit_below_zero() -> None:
    plan = make_plan(replace(_probe(Fraction(30), packets=None), size=-800_000), profile=BUILT_IN["mp4"], threads=1)
    assert plan.wall_limit > 0
    assert plan.output_estimate > 0


def test_it_is_never_copied() -> None:
    assert make_plan(_probe(Fraction(30)), profile=BUILT_IN["mp4"], threads=1).flags == ("annexb",)


def test_nothing_is_sought_in_what_has_no_times() -> None:
    plan = make_plan(_probe(Fraction(30)), profile=BUILT_IN["poster"], threads=1)
    assert not any("-ss" in variant.input_arguments for variant in plan.variants)


@pytest.mark.parametrize("name", ["h264", "hevc"])
def test_a_stream_without_a_picture_is_no_video(name: str) -> None:
    stream = {"codec_type": "video", "codec_name": name, "width": 0, "height": 0}
    with pytest.raises(BadSource) as caught:
        parse_probe({"format": {"format_name": name}, "streams": [stream]})
    assert caught.value.error_class is ErrorClass.UNREADABLE
    assert is_elementary_stream(
        parse_probe({"format": {"format_name": name}, "streams": [{**stream, "width": 16}]}).format_name
    )


def test_the_formats_that_a_refusal_names_are_taken() -> None:
    with pytest.raises(BadSource) as caught:
        parse_probe({})
    named = str(caught.value).partition("(")[2].partition(" and others")[0].split(", ")
    formats = ("mov,mp4", "matroska,webm", "avi", "asf", "flv", "mpeg", "mpegts", "mxf")
    heads = (b"\0\0\0\x20ftypisom", b"\0\0\0\x20ftypqt  ", b"webm", b"")
    kinds = {source_type(form, head=head).extension for form in formats for head in heads}
    assert set(named) - {"mpeg"} <= kinds
    assert len(named) == 10
