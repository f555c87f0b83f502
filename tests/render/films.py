"""Small films as materials, whose frames can be told apart, and what is seen in a rendering of them."""

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediaproc.core.captions import Captions
from mediaproc.core.expectation import Medium
from mediaproc.core.limits import Limits
from mediaproc.core.notes import Notes
from mediaproc.core.plan.model import Plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile
from mediaproc.core.render.rendering import make_rendering
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.timeline import (
    Canvas,
    Clip,
    Curve,
    Layer,
    Material,
    MaterialKind,
    Placement,
    Sound,
    SpeedPiece,
    Timeline,
)
from mediaproc.core.verification import Verification
from mediaproc.ffmpeg.room import room_in
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.parts.ffmpeg_made import made_by_ffmpeg
from tests.parts.quick_tools import quick_tools

WIDTH, HEIGHT = 64, 36
PROFILE = Profile(name="draft", medium=Medium.VIDEO, extension="mp4", mime_type="video/mp4", processor="draft")
NO_TEXTS = Captions(lines={}, faces=())


@dataclass(frozen=True, kw_only=True)
class Studio:
    """The programs of one build of ffmpeg, and a runner of them."""

    tools: Tools
    runner: FfmpegRunner

    @classmethod
    def of(cls, tools: Tools) -> "Studio":
        """With the confinement that can run here."""
        return cls(tools=tools, runner=FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffprobe)))


def grey_film(folder: Path, name: str, *, frames: int = 100, first: int = 0) -> tuple[Material, RoomFile]:
    """A film in the folder's room whose frame n is as bright as `first` + n, with a tone."""
    room = room_in(folder)
    room.mkdir(exist_ok=True)
    content, probe = _grey_film(frames, first)
    (room / name).write_bytes(content)
    material = Material(id=name, kind=MaterialKind.VIDEO, name=f"{name}.mp4")
    return material, RoomFile(name=name, probe=probe)


@cache
def _grey_film(frames: int, first: int) -> tuple[bytes, Probe]:
    picture = f"color=black:s={WIDTH}x{HEIGHT}:r=25:d={frames / 25},geq=lum='40+{first}+N':cb=128:cr=128"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=r=48000:d={frames / 25}")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "4", "-pix_fmt", "yuv420p", "-c:a", "aac")
    content = made_by_ffmpeg(*inputs, *codecs, name="film.mp4")
    runner = Studio.of(quick_tools()).runner
    with tempfile.NamedTemporaryFile() as film:
        film.write(content)
        film.flush()
        return content, runner.probe_material(Path(film.name), name="film.mp4", stop=threading.Event())


def clip(
    source: "Material | Timeline", *, first: int = 0, frames: int = 25, start: float = 0.0, canvas: Canvas | None = None
) -> Clip:
    """A clip as large as the canvas, at its own speed."""
    begin = round(start * 1e6)
    middle = canvas or Canvas(width=WIDTH, height=HEIGHT)
    return Clip(
        id=f"clip at {first}",
        first=first,
        frames=frames,
        source=source,
        source_start=begin,
        source_duration=frames * 40_000,
        speed=Fraction(1),
        pieces=(SpeedPiece(frames=frames, source_start=begin, speed=Fraction(1)),),
        placement=Placement(
            centre_x=Curve.constant(middle.width / 2),
            centre_y=Curve.constant(middle.height / 2),
            scale_x=Curve.constant(1.0),
            scale_y=Curve.constant(1.0),
            rotation=Curve.constant(0.0),
            opacity=Curve.constant(1.0),
        ),
    )


def project(
    *layers: Sequence[Clip],
    frames: int,
    sounds: Sequence[Sound] = (),
    canvas: Canvas | None = None,
    rate: Fraction = Fraction(25),
) -> Timeline:
    """A timeline of these layers."""
    return Timeline(
        canvas=canvas or Canvas(width=WIDTH, height=HEIGHT),
        rate=rate,
        frames=frames,
        layers=tuple(Layer(clips=tuple(clips)) for clips in layers),
        sounds=tuple(sounds),
    )


def plan_of(timeline: Timeline, *, files: Files, limits: Limits | None = None, threads: int = 1) -> Plan:
    """Its plan."""
    return make_rendering(
        timeline,
        files=files,
        tables={},
        captions=NO_TEXTS,
        profile=PROFILE,
        threads=threads,
        limits=limits or Limits(),
        notes=Notes(),
    )


def made(plan: Plan, *, folder: Path, studio: Studio) -> tuple[Path, Verification]:
    """The rendition, made in the folder's room and verified."""
    stop, source, output = threading.Event(), folder / "source", folder / plan.output_name
    source.write_bytes(b"a draft")
    variant = plan.variants[0]
    run = studio.runner.transcode(
        plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
    )
    return output, studio.runner.verify(output, source=source, plan=plan, variant=variant, stop=stop, run=run)


def brightness(film: Path) -> NDArray[np.float64]:
    """How bright each frame is, as `grey_film` counts it."""
    command = [str(quick_tools().ffmpeg), "-v", "error", "-i", str(film), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    frames = np.frombuffer(raw, dtype=np.uint8).reshape(-1, HEIGHT, WIDTH)
    # From the full range of `gray` back to that of video.
    return np.asarray(frames.mean(axis=(1, 2)) * 219 / 255 + 16 - 40, dtype=np.float64)


def packets(film: Path) -> list[tuple[int, int]]:
    """Of each picture when it is shown and how long, in ticks of the film's clock, in the order of their times."""
    shown = ("-select_streams", "v", "-show_entries", "packet=pts,duration", "-of", "csv=p=0")
    command = [str(quick_tools().ffprobe), "-v", "error", *shown, str(film)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    return sorted((int(line.split(",")[0]), int(line.split(",")[1])) for line in lines.split())
