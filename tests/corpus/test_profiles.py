"""The outputs of the profiles besides mp4 for real sources."""

import subprocess
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource
from tests.corpus.media_pipeline import MediaPipeline
from tests.corpus.source_maker import SourceMaker


def _brightness(maker: SourceMaker, picture: Path) -> float:
    """The mean of the picture's grey values, 0 to 255."""
    raw = ("-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    command = [str(maker.tools.ffmpeg), "-v", "error", "-nostdin", "-i", str(picture), *raw]
    grey = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    return sum(grey) / len(grey)


def _fading_in(maker: SourceMaker, *, black: float, film: float) -> Path:
    """A film that begins black."""
    parts = f"color=black:s=320x240:r=25:d={black}[a];testsrc2=s=320x240:r=25:d={film}[b];[a][b]concat"
    return maker.make("fading.mkv", "-f", "lavfi", "-i", parts, "-c:v", "mpeg4")


@pytest.mark.parametrize("black", [0.4, 6.0])
def test_a_poster_is_not_the_black_beginning(pipeline: MediaPipeline, maker: SourceMaker, black: float) -> None:
    made = pipeline.make(_fading_in(maker, black=black, film=4), profile="poster")
    assert made.plan.output_name == "output.jpg"
    assert _brightness(maker, made.output) > 50


def test_a_film_that_is_black_throughout_has_a_poster_all_the_same(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    made = pipeline.make(_fading_in(maker, black=3, film=0.04), profile="poster")
    assert made.output.stat().st_size > 0


def test_a_gif_is_short_small_and_moves(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    made = pipeline.make(maker.film("long.mp4", seconds=15, size="1280x720"), profile="gif")
    again = pipeline.runner.probe(made.output, stop=threading.Event())
    assert again.duration == pytest.approx(10, abs=0.2)
    assert (made.verification.width, made.verification.height) == (640, 360)
    assert again.videos[0].packets is not None
    assert again.videos[0].packets.count == pytest.approx(120, abs=2)


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_an_mp3_is_the_sound_of_a_film(pipeline: MediaPipeline, maker: SourceMaker, codec: str) -> None:
    source = maker.film_with_sound("source.mkv", "-c:v", codec, "-c:a", "flac", seconds=5)
    made = pipeline.make(source, profile="mp3")
    assert made.verification.audio_codec == "mp3"
    assert made.verification.duration == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "aac", "aiff", "m4a", "ogg"])
def test_a_file_of_sound_becomes_an_mp3_and_no_mp4(pipeline: MediaPipeline, maker: SourceMaker, suffix: str) -> None:
    source = maker.make(f"song.{suffix}", "-f", "lavfi", "-i", "sine=d=2:r=48000")
    made = pipeline.make(source, profile="mp3")
    assert made.verification.duration == pytest.approx(2, abs=0.1)
    with pytest.raises(BadSource, match=r"^The file has no picture, only sound\.$"):
        pipeline.make(source)


@pytest.mark.parametrize("pixels", ["yuv420p", "argb"])
def test_a_poster_has_the_colours_of_its_film(pipeline: MediaPipeline, maker: SourceMaker, pixels: str) -> None:
    codec = ("-c:v", "qtrle") if pixels == "argb" else ("-c:v", "libx264", "-colorspace", "bt709", "-crf", "1")
    converted = f"color=0x20C040:s=320x240:d=1,scale=out_color_matrix=bt709,format={pixels}"
    made = pipeline.make(maker.make("green.mov", "-f", "lavfi", "-i", converted, *codec), profile="poster")
    raw = ("-frames:v", "1", "-vf", "scale=1:1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    command = [str(maker.tools.ffmpeg), "-v", "error", "-nostdin", "-i", str(made.output), *raw]
    colour = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    assert list(colour) == pytest.approx([0x20, 0xC0, 0x40], abs=6)


def test_a_silent_film_has_no_mp3(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    with pytest.raises(BadSource, match=r"^The file has no sound, only a picture\.$"):
        pipeline.make(maker.film("silent.mp4"), profile="mp3")


def test_better_quality_keeps_what_is_larger_than_1080(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film("large.mkv", "-c:v", "mpeg4", seconds=0.4, size="2560x1440")
    assert pipeline.make(source).verification.height == 1080
    assert pipeline.make(source, profile="mp4-quality").verification.height == 1440
