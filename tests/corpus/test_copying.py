"""Streams that need no encode are copied: bit by bit, in a fraction of the time."""

import subprocess
from pathlib import Path

import pytest

from tests.corpus.media_pipeline import MediaPipeline
from tests.corpus.source_maker import SourceMaker

_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2")

# MPEG-TS repeats parameter sets and has delimiters between pictures, mp4 keeps parameter sets apart: only the coded
# pictures (NAL units of types 1 to 5) must be identical.
_PICTURES = "h264_mp4toannexb,filter_units=pass_types=1-5"


# The containers out of which H.264 with AAC is copied as it is.
_COPIED = ("mp4", "mkv", "mov", "ts")


def _picture_hash(maker: SourceMaker, path: Path) -> str:
    copy = ("-map", "0:v:0", "-c", "copy", "-bsf:v", _PICTURES, "-f", "streamhash", "-hash", "sha256", "-")
    command = [str(maker.tools.ffmpeg), "-v", "error", "-nostdin", "-i", str(path), *copy]
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts", "flv"])
def test_h264_with_aac_comes_out_bit_identical(pipeline: MediaPipeline, maker: SourceMaker, suffix: str) -> None:
    source = maker.film_with_sound(f"source.{suffix}", *_H264)
    made = pipeline.make(source)
    assert (made.variant.name, made.variant.flags) == ("copy", ())
    assert _picture_hash(maker, made.output) == _picture_hash(maker, source)


def test_an_encode_is_not_bit_identical(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("source.mp4", *_H264)
    made = pipeline.make(source, variants=("encode",))
    assert _picture_hash(maker, made.output) != _picture_hash(maker, source)


def test_b_frames_and_open_groups_are_copied_too(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    slow = ("-c:v", "libx264", "-x264-params", "open-gop=1:bframes=3:keyint=50", "-pix_fmt", "yuv420p", "-c:a", "aac")
    source = maker.film_with_sound("open.mkv", *slow, "-ac", "2", seconds=12)
    made = pipeline.make(source)
    assert made.variant.name == "copy"
    assert _picture_hash(maker, made.output) == _picture_hash(maker, source)


def test_a_copy_takes_under_a_tenth_of_an_encode(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("long.mp4", *_H264, seconds=12, size="1280x720")
    encode = pipeline.make(source, variants=("encode",)).report.cpu_seconds
    same = {suffix: maker.make(f"same.{suffix}", "-i", str(source), "-c", "copy") for suffix in _COPIED}
    copies = {suffix: pipeline.make(path) for suffix, path in same.items()}
    assert {copy.variant.name for copy in copies.values()} == {"copy"}
    # CPU time, which other work of the machine hardly changes.
    spent = {suffix: copy.report.cpu_seconds for suffix, copy in copies.items()}
    assert {suffix: seconds for suffix, seconds in spent.items() if seconds >= encode / 10} == {}


def test_h264_in_avi_is_encoded(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    made = pipeline.make(maker.film_with_sound("source.avi", *_H264[:-4], "-c:a", "mp2"))
    assert (made.variant.name, made.variant.flags) == ("encode", ("annexb", "audio_codec"))


def test_sound_is_copied_beside_an_encoded_picture(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("source.mkv", "-c:v", "mpeg4", "-c:a", "aac", "-ac", "2")
    made = pipeline.make(source)
    assert made.variant.flags == ("video_codec",)
    assert "-c:a copy" in " ".join(made.variant.output_arguments)


def test_a_damaged_film_is_not_copied_but_encoded(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("source.mp4", *_H264, "-movflags", "+faststart", seconds=4)
    damaged = bytearray(source.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 20_000] = bytes(20_000)
    source.write_bytes(damaged)
    made = pipeline.make(source)
    assert made.variant.name in {"encode", "gentle"}
    assert made.variant.flags[0] == "copy_failed"
