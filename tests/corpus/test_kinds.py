"""One test for each kind of source that plain ffmpeg gets wrong, on a real file where the corpus has one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.verification import VerificationResult
from tests.corpus.manifest import Sample
from tests.corpus.media_pipeline import MediaPipeline
from tests.corpus.pyav_measurement import Measurement, measure, stands_upright
from tests.corpus.source_maker import SourceMaker

SampleNamed = Mapping[str, Sample]


def _output(source: Path, output: Path) -> Measurement:
    return measure(source, output)[1]


def _colours(pipeline: MediaPipeline, output: Path) -> tuple[str, str, str]:
    probe = pipeline.make(output).probe  # the product's own eye: PyAV does not tell them
    video = probe.videos[0]
    return video.color_transfer, video.color_primaries, video.color_space


@pytest.mark.parametrize("name", ["androidx__media/sample_with_av1c.mp4", "androidx__media/dolbyVision-hdr.MOV"])
def test_hdr_becomes_bt709(pipeline: MediaPipeline, sample_named: SampleNamed, name: str) -> None:
    source = sample_named[name].path
    made = pipeline.make(source)
    assert "hdr" in made.variant.flags
    assert _output(source, made.output).pixel_format == "yuv420p"
    kept = made.output.rename(made.output.with_name("sdr.mp4"))
    assert _colours(pipeline, kept) == ("bt709", "bt709", "bt709")


def test_hdr_that_names_only_its_transfer_is_converted_too(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film("pq.mp4", "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-color_trc", "smpte2084", seconds=1)
    made = pipeline.make(source)
    assert made.variant.name == "encode"
    assert "hdr" in made.variant.flags
    assert _output(source, made.output).frames == 25


def test_rgb_is_not_tagged_as_rgb_once_it_is_yuv(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    made = pipeline.make(sample_named["mozilla__mp4parse-rust/video_colr_nclx_rgb.mp4"].path)
    kept = made.output.rename(made.output.with_name("yuv.mp4"))
    assert _colours(pipeline, kept)[2] == "bt709"


def test_interlaced_film_keeps_its_number_of_frames(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["drewnoakes__metadata-extractor-images/Sony ILCE-7M3 (A7M3).mts"].path
    made = pipeline.make(source)
    assert "interlaced" in made.variant.flags
    assert _output(source, made.output).frames == 13


def test_an_anamorphic_picture_gets_square_pixels(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["mozilla__mp4parse-rust/h264_white_frame_sar_16_9.mp4"].path
    made = pipeline.make(source)
    assert made.variant.flags == ("sar",)
    measured = _output(source, made.output)
    assert (measured.width, measured.height) == (1138, 480)


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("Zulko__moviepy/-video-with-dash-.mp4", (2, 2)),
        ("androidx__media/bear-vp9-odd-dimensions.webm", (160, 120)),
    ],
)
def test_odd_sides_become_even(
    pipeline: MediaPipeline, sample_named: SampleNamed, name: str, sides: tuple[int, int]
) -> None:
    source = sample_named[name].path
    made = pipeline.make(source)
    assert "odd_size" in made.variant.flags
    measured = _output(source, made.output)
    assert (measured.width, measured.height) == sides


@pytest.mark.parametrize(
    "name",
    ["androidx__media/video.mp4", "pytorch__torchcodec/h264_10bits.mp4", "pytorch__torchcodec/h265_10bits.mp4"],
)
def test_444_and_10_bit_become_what_browsers_play(
    pipeline: MediaPipeline, sample_named: SampleNamed, name: str
) -> None:
    source = sample_named[name].path
    made = pipeline.make(source)
    assert "pixel_format" in made.variant.flags
    measured = _output(source, made.output)
    assert (measured.pixel_format, measured.frames) == ("yuv420p", 30)


def test_a_variable_frame_rate_gains_no_frame(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["fluent-ffmpeg__node-fluent-ffmpeg/te[s]t_ video ' _ .flv"].path
    assert _output(source, pipeline.make(source).output).frames == 10


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("streamio__streamio-ffmpeg/sideways movie.mov", (480, 640)),
        ("dmlc__decord/video_90.mov", (320, 568)),
        ("dmlc__decord/video_180.mov", (568, 320)),
        ("dmlc__decord/video_270.mov", (320, 568)),
    ],
)
def test_a_turned_film_stands_upright(
    pipeline: MediaPipeline, sample_named: SampleNamed, name: str, sides: tuple[int, int]
) -> None:
    source = sample_named[name].path
    made = pipeline.make(source)
    assert made.variant.flags[0] == "rotation"
    asked, measured = measure(source, made.output)
    assert (measured.width, measured.height, measured.rotation) == (*sides, 0)
    assert asked.rotation
    assert stands_upright(asked, measured)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_that_stands_on_its_head_is_seen_to(maker: SourceMaker, sample_named: SampleNamed, degrees: int) -> None:
    source = sample_named[f"dmlc__decord/video_{degrees}.mov"].path
    upside_down = ("-vf", "hflip,vflip", "-frames:v", "1", "-an")
    asked, measured = measure(source, maker.make("wrong.mp4", "-i", str(source), *upside_down))
    assert measured.rotation == 0
    assert not stands_upright(asked, measured)


def test_cover_art_is_not_the_film(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["mozilla__mp4parse-rust/metadata.mp4"].path
    measured = _output(source, pipeline.make(source).output)
    assert (measured.width, measured.height, measured.codec) == (320, 240, "h264")


def test_cover_art_alone_is_no_film(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    with pytest.raises(BadSource) as caught:
        pipeline.make(sample_named["sannies__mp4parser/test-pod.m4a"].path)
    assert caught.value.error_class is ErrorClass.NO_VIDEO
    assert str(caught.value) == "The file has no picture, only sound."


def test_of_several_sounds_the_default_one_is_taken(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    second = ("-f", "lavfi", "-i", "sine=frequency=1000:d=2:r=48000", "-map", "0", "-map", "1", "-map", "2")
    # In stereo, since two mono tracks would be taken for left and right.
    rates = (
        "-ac",
        "2",
        "-c:a",
        "aac",
        "-b:a:0",
        "256k",
        "-b:a:1",
        "48k",
        "-disposition:a:0",
        "0",
        "-disposition:a:1",
        "default",
    )
    source = maker.film_with_sound("two.mkv", *second, *rates, "-c:v", "mpeg4")
    made = pipeline.make(source)
    assert "-map 0:2" in " ".join(made.variant.output_arguments)
    assert "audio_tracks" in made.variant.flags
    assert _output(source, made.output).sound_frames > 0


def test_a_film_without_sound_is_a_film(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["androidx__media/sample_h263.ts"].path
    made = pipeline.make(source)
    assert made.verification.audio_codec is None
    assert _output(source, made.output).frames == 25


def test_sound_that_nothing_decodes_costs_only_the_sound(pipeline: MediaPipeline, sample_named: SampleNamed) -> None:
    source = sample_named["androidx__media/sample_missing_stsd.mp4"].path
    made = pipeline.make(source)
    assert (made.variant.name, made.variant.flags) == ("copy", ("audio_undecodable",))
    assert _output(source, made.output).frames == 30


@pytest.mark.parametrize(
    ("name", "seconds"), [("google__ExoPlayer/video_desks.3gp", 5.2), ("PHP-FFMpeg__PHP-FFMpeg/sample.3gp", 4.9)]
)
def test_sound_at_8_khz_is_all_there(
    pipeline: MediaPipeline, sample_named: SampleNamed, name: str, seconds: float
) -> None:
    source = sample_named[name].path
    made = pipeline.make(source)
    assert [audio.sample_rate for audio in made.probe.audios] == [8000]
    before, after = measure(source, made.output)
    assert before.sound_seconds == pytest.approx(seconds, abs=0.1)
    assert after.sound_seconds == pytest.approx(before.sound_seconds, abs=0.1)


def test_a_gap_of_600_s_stays_a_gap(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    gap = ("-vf", "setpts='if(eq(N,1),600/TB,0)'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    source = maker.film("gap.mkv", *gap, seconds=0.08)
    made = pipeline.make(source)
    measured = _output(source, made.output)
    assert measured.frames == 2
    assert measured.seconds == pytest.approx(600, abs=0.1)
    assert made.output.stat().st_size < 100_000


def test_a_film_that_begins_with_a_still_begins_at_once(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    still = ("-vf", "setpts='if(eq(N,0),0,PTS+5/TB)'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    source = maker.film("slides.mp4", *still, seconds=1)
    made = pipeline.make(source)
    assert made.output != source
    probe = pipeline.make(made.output.rename(made.output.with_name("again.mp4"))).probe
    packets = probe.videos[0].packets
    assert packets is not None
    assert packets.first == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_held_last_picture_stays_where_no_sound_goes_on(
    pipeline: MediaPipeline, maker: SourceMaker, codec: str
) -> None:
    source = maker.held("held.mp4", codec=codec, still=9)
    made = pipeline.make(source)
    measured = _output(source, made.output)
    assert measured.seconds == pytest.approx(10, abs=0.1)
    assert measured.frames <= 27
    assert made.verification.result is VerificationResult.VERIFIED


def test_a_held_last_picture_with_sound_is_no_loss(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.held("spoken.mp4", codec="mpeg4", still=9, sound=True)
    # Repeated, since chance decides: with default stacks and a thread for each CPU the newest ffmpeg failed every other
    # time to start all its threads within the memory limit of a verification.
    for _ in range(5):
        made = pipeline.make(source)
        assert made.verification.result is VerificationResult.VERIFIED
        assert _output(made.output, made.output).frames == 26


@pytest.mark.parametrize("suffix", ["mp4", "avi", "mkv", "flv", "wmv"])
def test_what_is_left_of_a_cut_file_is_salvaged_or_rejected(
    pipeline: MediaPipeline, maker: SourceMaker, suffix: str
) -> None:
    codecs = {"avi": ("mpeg4", "mp2"), "wmv": ("wmv2", "wmav2")}.get(suffix, ("libx264", "aac"))
    options = ("-c:v", codecs[0], "-c:a", codecs[1], "-pix_fmt", "yuv420p", "-g", "25")
    moved = ("-movflags", "+faststart") if suffix == "mp4" else ()
    whole = maker.film_with_sound(f"whole.{suffix}", *options, *moved, seconds=20).read_bytes()
    part = maker.folder / f"part.{suffix}"
    part.write_bytes(whole[: len(whole) * 7 // 10])
    made = pipeline.make(part)
    assert made.verification.result is VerificationResult.SALVAGED
    assert made.verification.ratio == pytest.approx(0.7, abs=0.1)
    part.write_bytes(whole[: len(whole) * 3 // 10])
    with pytest.raises(BadSource, match=r"^Only \d(\.\d)? s of 20 s could be read\.$") as caught:
        pipeline.make(part)
    assert caught.value.error_class is ErrorClass.TRUNCATED
