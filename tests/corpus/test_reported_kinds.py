"""Uploads of kinds from bug reports, with both ffmpegs; each guard is also removed, to show that it is needed."""

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource
from mediaproc.core.plan import Variant, make_plan
from mediaproc.core.profile import BUILT_IN
from mediaproc.core.verification import VerificationResult
from tests.corpus.manifest import Sample
from tests.corpus.media_pipeline import MadeRendition, MediaPipeline
from tests.corpus.pyav_measurement import measure
from tests.corpus.source_maker import SourceMaker

_BEEP = "0.6*sin(2*PI*1000*t)*(between(t\\,1\\,1.2)+between(t\\,3\\,3.2)+between(t\\,5\\,5.2))"


def _beeps(maker: SourceMaker, name: str, *options: str, seconds: int = 6) -> Path:
    """A film with short beeps at 1, 3 and 5 s."""
    sound = ("-f", "lavfi", "-i", f"aevalsrc={_BEEP}:s=48000:d={seconds}")
    return maker.make(name, "-f", "lavfi", "-i", f"testsrc2=s=160x120:r=25:d={seconds}", *sound, *options)


def _with(made: MediaPipeline, source: Path, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> MadeRendition:
    """The rendition of the first variant with its arguments changed, whether it passes verification or not."""
    stop = threading.Event()
    probe = made.runner.probe(source, stop=stop)
    plan = make_plan(probe, profile=BUILT_IN["mp4"], threads=1)
    variant: Variant = replace(plan.variants[0], output_arguments=change(plan.variants[0].output_arguments))
    output = made.folder / "changed.mp4"
    report = made.runner.transcode(
        plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
    )
    verification = made.runner.verify(output, source=source, plan=plan, variant=variant, stop=stop, run=report)
    return MadeRendition(
        probe=probe, plan=plan, variant=variant, report=report, verification=verification, output=output
    )


def _replaced(old: str, new: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def change(arguments: tuple[str, ...]) -> tuple[str, ...]:
        assert any(old in word for word in arguments), (old, arguments)
        return tuple(word.replace(old, new) for word in arguments)

    return change


def _without(option: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def change(arguments: tuple[str, ...]) -> tuple[str, ...]:
        place = arguments.index(option)
        return arguments[:place] + arguments[place + 2 :]

    return change


@pytest.fixture
def slipping(maker: SourceMaker) -> Path:
    """Sound that comes 3 ms late from 2 s on, where ffmpeg's resampler would restart."""
    film = _beeps(maker, "steady.mkv", "-c:v", "mpeg4", "-c:a", "ac3")
    late = r"setts=ts=TS+if(gte(TS\,2000)\,3\,0)"
    return maker.make("slipping.mkv", "-i", str(film), "-c", "copy", "-bsf:a", late)


def test_a_slip_of_3_ms_puts_no_silence_in(pipeline: MediaPipeline, slipping: Path) -> None:
    source, measured = measure(slipping, pipeline.make(slipping).output)
    assert measured.sound_seconds == pytest.approx(source.sound_seconds, abs=0.05)


def test_silence_that_is_put_in_is_seen(pipeline: MediaPipeline, slipping: Path) -> None:
    old = "aresample=48000:async=1000:flags=res:min_hard_comp=0.05"
    try:
        made = _with(pipeline, slipping, _replaced(old, "aresample=48000:async=1000:first_pts=0"))
    except AttemptFailed as error:
        assert "its sound" in str(error)  # noqa: PT017 - newer versions of ffmpeg do not fall for it
    else:
        source, measured = measure(slipping, made.output)
        assert measured.sound_seconds == pytest.approx(source.sound_seconds, abs=0.05)


def test_sound_that_is_late_is_seen(pipeline: MediaPipeline, slipping: Path) -> None:
    with pytest.raises(AttemptFailed, match="its sound is 200 ms late"):
        _with(
            pipeline,
            slipping,
            _replaced("aformat=channel_layouts=stereo", "aformat=channel_layouts=stereo,adelay=200:all=1"),
        )


@pytest.fixture
def lively(maker: SourceMaker) -> Path:
    """Two pictures a second for 6 s, then 25, in a file without a frame rate."""
    slides = ("-vf", "select='if(gte(t,6),1,not(mod(n,12)))'", "-fps_mode", "vfr", "-enc_time_base", "1/1000")
    return maker.film("lively.mkv", *slides, "-c:v", "mpeg4", seconds=8, size="160x120")


def test_no_picture_is_dropped_or_moved(pipeline: MediaPipeline, lively: Path) -> None:
    source, measured = measure(lively, pipeline.make(lively).output)
    assert measured.frames == source.frames
    assert measured.span == pytest.approx(source.span, abs=0.002)


def test_a_picture_that_is_moved_is_seen(pipeline: MediaPipeline, lively: Path) -> None:
    with pytest.raises(AttemptFailed, match=r"ms off|is not the source's"):
        _with(pipeline, lively, _replaced("=delete[picture]", "=delete,setpts='PTS+0.3/TB*gt(T,3)'[picture]"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sidedata=mode=delete[picture]", "sidedata=mode=delete,negate[picture]"),
        ("in_color_matrix=bt709:out_color_matrix=bt709", "in_color_matrix=bt601:out_color_matrix=bt709"),
        ("sidedata=mode=delete[picture]", "sidedata=mode=delete,crop=iw/2:ih:0:0,scale=1280:720,setsar=1[picture]"),
    ],
)
def test_another_picture_other_colours_and_a_stretched_one_are_seen(
    pipeline: MediaPipeline, maker: SourceMaker, old: str, new: str
) -> None:
    halves = "color=c=0xC82828:s=640x720:r=25:d=1[a];color=c=0x28B428:s=640x720:r=25:d=1[b]"
    stripes = f"{halves};[a][b]hstack,scale=out_color_matrix=bt709,format=yuv420p[v]"
    source = maker.make("hd.mkv", "-filter_complex", stripes, "-map", "[v]", "-c:v", "mpeg4", "-q:v", "2")
    assert pipeline.make(source).verification.result is VerificationResult.VERIFIED
    with pytest.raises(AttemptFailed, match="is not the source's"):
        _with(pipeline, source, _replaced(old, new))


def test_a_place_in_the_stream_stays_behind(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    plain = maker.film("plain.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", size="160x120")
    place = "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+SECRETGPS"
    source = maker.make("dash.mp4", "-i", str(plain), "-c", "copy", "-bsf:v", place)
    made = pipeline.make(source)
    assert made.variant.name == "copy"
    assert b"SECRETGPS" not in made.output.read_bytes()
    kept = _with(pipeline, source, _without("-bsf:v"))
    assert b"SECRETGPS" in kept.output.read_bytes()


def test_a_film_that_starts_at_messages_keeps_them(pipeline: MediaPipeline, sample_named: Mapping[str, Sample]) -> None:
    made = pipeline.make(sample_named["sannies__mp4parser/Tiny Sample - OLD.mp4"].path)
    assert (made.variant.name, made.variant.expectation.copied.keeps_units) == ("copy", True)


def test_key_frames_come_by_time(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    source = maker.film("slides.mkv", "-c:v", "mpeg4", seconds=30, size="160x120", rate=2)
    made = pipeline.make(source)
    assert _longest_gop(made.output, maker) <= 5.01
    with pytest.raises(AttemptFailed, match="it has no key frame for 3"):
        _with(pipeline, source, _without("-force_key_frames"))


def _longest_gop(film: Path, maker: SourceMaker) -> float:
    options = ("-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0")
    told = subprocess.run([str(maker.tools.ffprobe), "-v", "error", *options, film], check=True, capture_output=True)
    keys = [float(line.split(b",")[0]) for line in told.stdout.split() if b"K" in line]
    return max(later - sooner for sooner, later in pairwise(keys))


def test_what_is_transparent_shows_the_background(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    green = "color=c=0x00FF00:s=160x120:r=25:d=1,format=rgba,geq=r=0:g=255:b=0:a='255*gt(X,80)'"
    source = maker.make("alpha.mov", "-f", "lavfi", "-i", green, "-c:v", "qtrle")
    made = pipeline.make(source)
    assert "alpha" in made.variant.flags
    picture = measure(source, made.output)[1].picture
    assert all(row[0] < 24 for row in picture)
    assert all(row[-1] > 100 for row in picture)


def test_a_window_that_is_resized_is_fitted_in(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    vp8 = ("-c:v", "libvpx", "-deadline", "realtime")
    for name, width in (("a.webm", 320), ("b.webm", 120)):
        maker.make(name, "-f", "lavfi", "-i", f"color=c=white:s={width}x180:r=25:d=1", *vp8)
    (maker.folder / "list.txt").write_text("file a.webm\nfile b.webm\n")
    source = maker.make("resized.webm", "-f", "concat", "-i", str(maker.folder / "list.txt"), "-c", "copy")
    made = pipeline.make(source)
    last = maker.make("last.mp4", "-ss", "1.6", "-i", str(made.output), "-frames:v", "1")
    picture = measure(last, last)[1].picture
    assert all(row[0] < 40 and row[-1] < 40 and row[4] > 200 for row in picture)


def test_a_rotten_film_of_a_decoder_that_marks_nothing_is_not_called_whole(
    pipeline: MediaPipeline, maker: SourceMaker
) -> None:
    options = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-g", "25")
    source = maker.film("rotten.mp4", *options, seconds=4, size="320x240")
    content = bytearray(source.read_bytes())
    begin = content.index(b"mdat") + 4
    for place in range(begin + 2_000, len(content) - 2_000, 160):
        content[place : place + 8] = bytes((place * 31 + k * 7) % 251 + 1 for k in range(8))
    if content.index(b"moov") > begin:  # the index stands behind: it stays whole
        whole = source.read_bytes()
        content[whole.index(b"moov") - 4 :] = whole[whole.index(b"moov") - 4 :]
    source.write_bytes(content)
    try:
        verdict: VerificationResult | None = pipeline.make(source).verification.result
    except (AttemptFailed, BadSource):
        verdict = None
    assert verdict is not VerificationResult.VERIFIED


def test_an_mp3_of_late_sound_begins_with_silence(pipeline: MediaPipeline, maker: SourceMaker) -> None:
    late = ("-itsoffset", "2", "-f", "lavfi", "-i", "sine=frequency=440:d=2:r=48000")
    source = maker.make(
        "late.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", *late, "-c:v", "mpeg4", "-c:a", "ac3"
    )
    made = pipeline.make(source, profile="mp3")
    assert made.verification.result is VerificationResult.VERIFIED
    assert made.verification.duration == pytest.approx(4, abs=0.1)
