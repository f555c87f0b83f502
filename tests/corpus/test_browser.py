"""A sample of the corpus's outputs plays to its end in a real browser."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corpus.browser import play
from tests.corpus.manifest import Sample
from tests.corpus.product import ProcessedFile

pytestmark = pytest.mark.timeout(1800)

# One of each kind: copied from mp4, mov, ts, flv and mkv; encoded for size, rotation, HDR, interlacing, depth, codec.
_PLAYED = (
    "PHP-FFMpeg__PHP-FFMpeg/portrait.MOV",
    "Zulko__moviepy/-video-with-dash-.mp4",
    "Zulko__moviepy/example3.mp4",
    "Zulko__moviepy/transparent.webm",
    "androidx__media/dolbyVision-hdr.MOV",
    "androidx__media/sample-with-key-frame-index.flv",
    "androidx__media/sample-with-large-length.avi",
    "androidx__media/sample_av1.mkv",
    "androidx__media/sample_h264_mpeg_audio.ts",
    "androidx__media/sd-hls0000000000.ts",
    "apache__tika/testWMV_WMV2.wmv",
    "dmlc__decord/corrupted.mp4",
    "drewnoakes__metadata-extractor-images/MVI_4823.AVI",
    "drewnoakes__metadata-extractor-images/Sony ILCE-7M3 (A7M3).mts",
    "fluent-ffmpeg__node-fluent-ffmpeg/testvideo-43.avi",
    "mozilla__mp4parse-rust/h264_white_frame_sar_16_9.mp4",
    "pytorch__torchcodec/h264_10bits.mp4",
    "sindresorhus__file-type/fixture-realmedia-video.rm",
    "streamio__streamio-ffmpeg/sideways movie.mov",
    "streamio__streamio-ffmpeg/weird_aspect.small.mpg",
)


@pytest.fixture
def chromium() -> str:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    return program


def test_twenty_films_play_to_their_end(
    chromium: str, samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile], tmp_path: Path
) -> None:
    assert {sample.name for sample in samples} >= set(_PLAYED)
    outputs = [processed[name].output for name in _PLAYED]
    films = [output for output in outputs if output is not None]
    assert len(films) == 20
    for name, playback in zip(_PLAYED, play(films, chromium=chromium, profile=tmp_path, patience=90), strict=True):
        assert playback.error is None, name
        assert playback.canplaythrough, name
        assert playback.ended, name
        assert playback.width > 0, name
        assert playback.height > 0, name
