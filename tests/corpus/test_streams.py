"""Bare streams of cameras, which have no timestamps, and .wtv recordings: each picture comes, in order and on time."""

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.verification import VerificationResult
from tests.corpus.media_pipeline import MadeRendition, MediaPipeline
from tests.corpus.product import Product
from tests.corpus.pyav_measurement import measure
from tests.corpus.source_maker import SourceMaker

SECONDS = 2

# Names that cameras and programs give, and ffmpeg's options to write such a stream, with and without B-frames.
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "h264")
HEVC = ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-f", "hevc")
BARE = {
    "cam.h264": H264,
    "cam.264": (*H264, "-bf", "0"),
    "pyramid.h264": (*H264, "-bf", "8", "-x264-params", "b-pyramid=normal:b-adapt=0"),
    "cam.h265": (*HEVC, "-x265-params", "log-level=error"),
    "cam.hevc": (*HEVC, "-x265-params", "log-level=error:bframes=0"),
}
RATES = {"25": Fraction(25), "30": Fraction(30), "59.94": Fraction(60_000, 1_001)}

# Each picture of a film is a little brighter than the one before it.
DARKEST, STEP = 20, 1.7


def _brightening(maker: SourceMaker, name: str, *options: str, rate: Fraction = RATES["25"]) -> Path:
    grey = f"geq=lum={DARKEST}+{STEP}*N:cb=128:cr=128"
    return maker.make(name, "-f", "lavfi", "-i", f"color=s=64x64:r={rate}:d={SECONDS},format=yuv420p,{grey}", *options)


def _greys(maker: SourceMaker, output: Path) -> list[int]:
    """The brightness of each picture in the order in which it is shown."""
    command = [str(maker.tools.ffmpeg), "-v", "error", "-i", str(output), "-fps_mode", "passthrough"]
    pixels = ("-vf", "scale=1:1:out_range=tv,format=gray", "-f", "rawvideo", "-")
    return list(subprocess.run([*command, *pixels], check=True, capture_output=True).stdout)


def _demand_all(maker: SourceMaker, made: MadeRendition, *, count: int, seconds: float) -> None:
    greys = _greys(maker, made.output)
    assert len(greys) == count
    assert greys == sorted(greys)
    assert greys[-1] - greys[0] == pytest.approx(STEP * (count - 1), abs=4)
    measured = measure(made.output, made.output)[1]
    assert measured.frames == count
    assert measured.seconds == pytest.approx(seconds, abs=0.02)
    assert made.verification.duration == pytest.approx(seconds, abs=0.02)
    assert made.verification.result is VerificationResult.VERIFIED


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_a_bare_stream_keeps_all_its_pictures_at_its_own_rate(
    pipeline: MediaPipeline, maker: SourceMaker, name: str, rate: Fraction
) -> None:
    made = pipeline.make(_brightening(maker, name, *BARE[name], rate=rate))
    count = round(SECONDS * rate)
    _demand_all(maker, made, count=count, seconds=float(count / rate))
    assert made.plan.duration == pytest.approx(float(count / rate))


@pytest.mark.parametrize(("name", "flag"), [("cam.h264", "annexb"), ("cam.h265", "video_codec")])
def test_a_bare_stream_is_always_encoded(pipeline: MediaPipeline, maker: SourceMaker, name: str, flag: str) -> None:
    made = pipeline.make(_brightening(maker, name, *BARE[name]))
    assert made.variant.name == "encode"
    assert made.variant.flags == (flag,)


@pytest.mark.parametrize(("name", "units"), [("cam.h264", "h264_metadata"), ("cam.h265", "hevc_metadata")])
@pytest.mark.parametrize("clock", [600, 90_000, 1_000_000])
def test_a_stream_that_states_its_clock_for_its_rate_is_shown_at_the_usual_one(
    pipeline: MediaPipeline, maker: SourceMaker, name: str, units: str, clock: int
) -> None:
    ticks = clock * (2 if units == "h264_metadata" else 1)  # H.264 counts fields
    made = pipeline.make(_brightening(maker, name, *BARE[name], "-bsf:v", f"{units}=tick_rate={ticks}"))
    _demand_all(maker, made, count=50, seconds=2.0)


def test_an_interlaced_bare_stream_keeps_its_pictures(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    made = pipeline.make(_brightening(maker, "cam.h264", *H264, "-flags", "+ilme+ildct", "-x264-params", "tff=1"))
    assert "interlaced" in made.variant.flags
    _demand_all(maker, made, count=50, seconds=2.0)


@pytest.mark.parametrize("name", ["cam.h264", "cam.h265"])
def test_of_a_cut_bare_stream_all_that_is_left_comes_out(
    pipeline: MediaPipeline, maker: SourceMaker, name: str
) -> None:
    whole = maker.film(name, *BARE[name], seconds=4)
    source = whole.with_stem("cut")
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    made = pipeline.make(source)
    before, after = measure(source, made.output)
    assert 50 <= before.frames < 100
    assert after.frames >= before.frames - 1
    assert after.seconds == pytest.approx(after.frames / 25, abs=0.02)


@pytest.mark.parametrize("name", ["cam.h264", "cam.h265", "tv.wtv"])
def test_every_picture_profile_takes_them(pipeline: MediaPipeline, maker: SourceMaker, name: str) -> None:
    source = _brightening(maker, name, *BARE.get(name, ("-c:v", "mpeg2video")))
    assert pipeline.make(source, profile="poster").variant.name == "encode"
    assert pipeline.make(source, profile="gif").verification.duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("codecs", "flags"),
    [
        (("-c:v", "mpeg2video", "-c:a", "mp2"), ("video_codec", "audio_codec")),
        (("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "ac3"), ("annexb", "audio_codec")),
    ],
    ids=["MPEG-2", "H.264"],
)
@pytest.mark.parametrize("rate", [RATES["25"], RATES["59.94"]], ids=["25", "59.94"])
def test_a_recording_keeps_its_pictures_and_its_sound(
    pipeline: MediaPipeline, maker: SourceMaker, codecs: tuple[str, ...], flags: tuple[str, ...], rate: Fraction
) -> None:
    tone = ("-f", "lavfi", "-i", f"sine=d={SECONDS}:r=48000")
    made = pipeline.make(_brightening(maker, "tv.wtv", *tone, *codecs, rate=rate))
    assert made.variant.flags == flags
    count = round(SECONDS * rate)
    _demand_all(maker, made, count=count, seconds=float(count / rate))
    assert measure(made.output, made.output)[1].sound_seconds == pytest.approx(SECONDS, abs=0.1)


def test_a_cut_recording_is_told_to_be_incomplete(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("tv.wtv", "-c:v", "mpeg2video", "-c:a", "mp2")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(BadSource, match="incomplete") as caught:
        pipeline.make(source)
    assert caught.value.error_class is ErrorClass.TRUNCATED


def test_they_go_through_the_whole_product(product: Product, maker: SourceMaker) -> None:
    films = [
        _brightening(maker, "cam.h264", *BARE["cam.h264"]),
        _brightening(maker, "cam.h265", *BARE["cam.h265"]),
        maker.film_with_sound("tv.wtv", "-c:v", "mpeg2video", "-c:a", "mp2"),
    ]
    # Under names without a meaning, since only the content counts.
    sources = [film.rename(film.with_name(f"upload{place}")) for place, film in enumerate(films)]
    processed = product.run(sources)
    assert [processed[source].outcome for source in sources] == ["completed"] * 3
    assert [processed[source].verification for source in sources] == ["verified"] * 3
    stored = {path.suffix for path in (product.home / "store").rglob("*") if path.is_file()}
    assert {".h264", ".hevc", ".wtv"} <= stored
