"""Damaged, cut and joined sources: damage is always reported, and a complete source is never refused."""

import struct
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.verification import VerificationResult
from tests.corpus.media_pipeline import MediaPipeline
from tests.corpus.pyav_measurement import measure
from tests.corpus.source_maker import SourceMaker

_FASTSTART = ("-movflags", "+faststart")
_H264 = ("-c:v", "libx264", "-c:a", "aac", "-pix_fmt", "yuv420p", "-g", "25")
_KINDS = {
    "mp4": (*_H264, *_FASTSTART),
    "ts": _H264,
    "flv": _H264,
    "wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mxf": ("-c:v", "mpeg2video", "-c:a", "pcm_s16le"),
}


def _with_a_hole(path: Path, *, begin: float, end: float) -> Path:
    whole = path.read_bytes()
    first, last = int(len(whole) * begin), int(len(whole) * end)
    path.write_bytes(whole[:first] + bytes(last - first) + whole[last:])
    return path


@pytest.mark.parametrize("suffix", _KINDS)
def test_a_hole_in_the_middle_is_no_whole_film(pipeline: MediaPipeline, maker: SourceMaker, suffix: str) -> None:
    source = maker.film_with_sound(f"hole.{suffix}", *_KINDS[suffix], seconds=8)
    assert pipeline.make(source).verification.result is VerificationResult.VERIFIED
    made = pipeline.make(_with_a_hole(source, begin=0.5, end=0.75))
    assert made.verification.result is VerificationResult.SALVAGED
    assert made.verification.ratio == pytest.approx(0.75, abs=0.12)


@pytest.mark.parametrize("suffix", _KINDS)
def test_a_hole_that_takes_most_is_rejected(pipeline: MediaPipeline, maker: SourceMaker, suffix: str) -> None:
    source = _with_a_hole(maker.film_with_sound(f"hole.{suffix}", *_KINDS[suffix], seconds=8), begin=0.2, end=0.9)
    with pytest.raises(BadSource, match=r"^Only \d(\.\d)? s of \d(\.\d)? s could be read\.$") as caught:
        pipeline.make(source)
    assert caught.value.error_class is ErrorClass.TRUNCATED


@pytest.mark.parametrize("seconds", [60, 50_000])
def test_recordings_joined_with_a_step_of_the_clock_are_whole(
    pipeline: MediaPipeline, maker: SourceMaker, seconds: int
) -> None:
    parts = [
        maker.film_with_sound("first.ts", *_H264),
        maker.film_with_sound("second.ts", *_H264, "-output_ts_offset", str(seconds)),
    ]
    source = maker.folder / "joined.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    made = pipeline.make(source)
    assert made.verification.result is VerificationResult.VERIFIED
    assert made.verification.duration == pytest.approx(4, abs=0.1)
    assert measure(source, made.output)[1].frames in range(99, 101)


def test_a_program_stream_does_not_wait_where_its_clock_steps(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    kind = _KINDS["mpg"]
    parts = [
        maker.film_with_sound("first.vob", *kind),
        maker.film_with_sound("second.vob", *kind, "-output_ts_offset", "700"),
    ]
    source = maker.folder / "joined.vob"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    made = pipeline.make(source)
    assert made.verification.result is VerificationResult.VERIFIED
    assert made.verification.duration == pytest.approx(4, abs=0.1)
    assert measure(source, made.output)[1].frames == 100


def _cut(path: Path, *, keep: float) -> Path:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    return path


def test_sound_with_a_codec_that_only_has_a_name_costs_only_the_sound(
    pipeline: MediaPipeline, maker: SourceMaker
) -> None:
    source = maker.film_with_sound("named.mov", *_H264[:2], "-pix_fmt", "yuv420p", "-c:a", "pcm_mulaw", "-ar", "8000")
    renamed = source.read_bytes()
    assert renamed.count(b"ulaw") == 1
    source.write_bytes(renamed.replace(b"ulaw", b"ssmv"))
    made = pipeline.make(source)
    assert (made.variant.name, made.verification.result) == ("copy", VerificationResult.VERIFIED)
    assert made.variant.flags == ("audio_undecodable",)


def test_a_whole_picture_is_worth_having_without_its_cut_sound(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film_with_sound("apart.mp4", *_H264, *_FASTSTART, seconds=8)
    damaged = bytearray(source.read_bytes())
    # All sound chunks but the first lie beyond the end, as in a cut file with the sound behind the picture.
    table = damaged.rindex(b"stco") + 8
    (chunks,) = struct.unpack_from(">L", damaged, table)
    for chunk in range(1, chunks):
        struct.pack_into(">L", damaged, table + 4 + 4 * chunk, len(damaged) + chunk)
    source.write_bytes(damaged)
    made = pipeline.make(source)
    assert (made.variant.name, made.verification.result) == ("silent", VerificationResult.SALVAGED)
    assert "audio_undecodable" in made.variant.flags
    assert measure(source, made.output)[1].frames == 200


def test_half_of_a_film_is_no_better_without_its_sound(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = _cut(maker.film_with_sound("half.flv", *_H264, seconds=8), keep=0.4)
    with pytest.raises(BadSource, match=r"^Only \d(\.\d)? s of 8(\.\d)? s could be read\.$"):
        pipeline.make(source)


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_film_without_its_index_is_called_incomplete(
    pipeline: MediaPipeline, maker: SourceMaker, suffix: str
) -> None:
    source = _cut(maker.film_with_sound(f"cut.{suffix}", *_H264), keep=0.5)
    with pytest.raises(
        BadSource, match=r"^The file is incomplete: its end, .* is missing; upload it again\.$"
    ) as caught:
        pipeline.make(source)
    assert caught.value.error_class is ErrorClass.TRUNCATED


def test_a_cut_film_in_fragments_is_no_whole_film(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    fragments = ("-movflags", "+frag_keyframe+empty_moov", "-g", "50")
    source = maker.film_with_sound("fragments.mp4", *_H264, *fragments, seconds=8)
    assert pipeline.make(source).verification.result is VerificationResult.VERIFIED
    made = pipeline.make(_cut(source, keep=0.85))
    assert made.verification.result is VerificationResult.SALVAGED


@pytest.mark.parametrize(
    ("name", "options"),
    [("silent.mxf", ("-c:v", "mpeg2video")), ("short.mov", ("-c:v", "prores_ks", *_FASTSTART))],
)
def test_half_of_a_short_film_is_no_whole_film(
    pipeline: MediaPipeline, maker: SourceMaker, name: str, options: tuple[str, ...]
) -> None:
    made = pipeline.make(_cut(maker.film(name, *options), keep=0.75))
    assert made.verification.result is VerificationResult.SALVAGED
    assert made.verification.ratio == pytest.approx(0.7, abs=0.15)


@pytest.mark.parametrize("profile", ["gif", "poster"])
def test_the_pictures_of_a_cut_film_say_that_it_was_cut(
    pipeline: MediaPipeline, maker: SourceMaker, profile: str
) -> None:
    source = maker.film_with_sound("cut.mp4", *_H264, *_FASTSTART, seconds=4)
    assert pipeline.make(source, profile=profile).verification.result is VerificationResult.VERIFIED
    whole = source.read_bytes()
    assert pipeline.make(_cut(source, keep=0.75), profile=profile).verification.result is VerificationResult.SALVAGED
    source.write_bytes(whole)
    with pytest.raises(BadSource, match=r"^Only 1(\.\d)? s of 4 s could be read\.$"):
        pipeline.make(_cut(source, keep=0.3), profile=profile)
