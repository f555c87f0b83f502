"""A small plan of several inputs and several steps, for the tests of those who run and verify one."""

import subprocess
from fractions import Fraction
from pathlib import Path

from mediaproc.core.expectation import DrawnExpectation, Expectation, ExpectedStreams, Medium
from mediaproc.core.limits import Limits
from mediaproc.core.plan.model import Plan, Variant, VariantName
from mediaproc.core.profile import profile_named
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.ffmpeg.room import place_in, room_in

RATE, FRAMES = 25, 50
SECONDS = FRAMES / RATE

TAGS = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
_ENCODER = (*TAGS, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")
_AS_MATROSKA = ("-an", "-f", "matroska")
_AS_MP4 = ("-c:v", "copy", "-c:a", "aac", "-movflags", "+faststart", "-tag:v", "avc1", "-f", "mp4")


def furnish(folder: Path, *, ffmpeg: Path) -> Path:
    """A room with a red and a blue film, each with a tone."""
    room = room_in(folder)
    room.mkdir()
    for number, (colour, pitch) in enumerate((("red", 440), ("blue", 880)), start=1):
        picture = f"color=c={colour}:s=160x120:r={RATE}:d={SECONDS}"
        sound = f"sine=frequency={pitch}:d={SECONDS}:sample_rate=48000"
        command = [str(ffmpeg), "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
        material = place_in(room, f"m{number:04}")
        codecs = ("-c:v", "mpeg4", "-q:v", "2", "-c:a", "pcm_s16le", "-f", "matroska")
        subprocess.run([*command, *codecs, str(material)], check=True, stdin=subprocess.DEVNULL)
    return room


def slice_step(number: int, *, graph: str, frames: int = FRAMES // 2, material: str | None = None) -> Step:
    """One half of the picture, from a graph in a file."""
    return Step(
        name=f"pictures {number} of 2",
        arguments=(
            *("-i", f"file:{material or f'm{number:04}'}"),
            *(GRAPH_OPTION, graph, "-map", "[picture]", "-frames:v", str(frames), *_ENCODER, *_AS_MATROSKA),
        ),
        output=f"s{number:04}",
        frames=frames,
    )


def join_step() -> Step:
    """Both halves behind each other, and the first material's sound."""
    return Step(
        name="all together",
        arguments=(
            *("-f", "concat", "-safe", "1", "-i", "file:slices.txt", "-t", str(SECONDS), "-i", "file:m0001"),
            *("-map", "0:v", "-map", "1:a", *_AS_MP4),
        ),
        output="film",
        inputs=4,
    )


def drawn_plan(*steps: Step, drawn: DrawnExpectation | None = None, texts: dict[str, str] | None = None) -> Plan:
    """Red for a second, then blue, unless the steps say otherwise."""
    expectation = Expectation(
        medium=Medium.VIDEO,
        streams=ExpectedStreams(
            formats=("mov",),
            video_codec="h264",
            pixel_formats=("yuv420p",),
            codec_tag="avc1",
            audio_codec="aac",
            width=160,
            height=120,
        ),
        drawn=drawn or DrawnExpectation(frames=FRAMES, rate=Fraction(RATE), audio_seconds=SECONDS),
        limits=Limits(),
    )
    usual = (slice_step(1, graph="g0001.txt"), slice_step(2, graph="g0002.txt"), join_step())
    variant = Variant(
        name=VariantName.ENCODE,
        input_arguments=(),
        output_arguments=(),
        flags=("draft",),
        expectation=expectation,
        encodes_video=True,
        encodes_audio=True,
        steps=steps or usual,
    )
    return Plan(
        profile=profile_named("mp4"),
        output_name="film.mp4",
        mime_type="video/mp4",
        variants=(variant,),
        duration=SECONDS,
        memory=300 * 1024**2,
        wall_limit=60.0,
        output_estimate=1024**2,
        decode_test=(),
        texts={
            "g0001.txt": "[0:v]scale=160:120,format=yuv420p[picture]",
            "g0002.txt": "[0:v]scale=160:120,format=yuv420p[picture]",
            "slices.txt": "ffconcat version 1.0\nfile s0001\nfile s0002\n",
            **(texts or {}),
        },
    )
