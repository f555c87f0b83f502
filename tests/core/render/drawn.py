"""Draws a timeline with real ffmpeg into arrays of RGB, from materials that ffmpeg makes."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mediaproc.core.limits import Limits
from mediaproc.core.notes import Note, Notes
from mediaproc.core.probe import Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.render.context import CaptionWriter
from mediaproc.core.render.drawing import Drawing
from mediaproc.core.render.picture import draw_pictures
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.window import Window
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.core.step_arguments import step_arguments
from mediaproc.core.timeline import Canvas, Material, Text, Timeline
from mediaproc.ffmpeg.tools import Tools
from tests.parts.ffmpeg_made import made_by_ffmpeg
from tests.parts.quick_tools import quick_tools

Pictures = npt.NDArray[np.uint8]

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "red": (220, 30, 30),
    "green": (30, 200, 60),
    "blue": (40, 60, 220),
    "yellow": (220, 210, 40),
    "white": (235, 235, 235),
}


class NoCaptions:
    """For timelines without texts."""

    def document(self, texts: Sequence[Text], *, canvas: Canvas, rate: Fraction, window: Window) -> str | None:
        del texts, canvas, rate, window
        return None

    def are_grey(self, texts: Sequence[Text]) -> bool:
        del texts
        return True


@dataclass
class Room:
    """A folder of materials, and the ffmpeg that draws from it."""

    folder: Path
    tools: Tools
    notes: Notes = field(default_factory=Notes)
    tables: dict[str, str] = field(default_factory=dict)
    _files: dict[Material, RoomFile] = field(default_factory=dict)

    def make(self, material: Material, *arguments: str, form: str = "matroska") -> Material:
        """A material from ffmpeg's own pictures; the arguments stand before the name of the file."""
        name = f"m{len(self._files) + 1:04}"
        content, probe = _made(*arguments, "-f", form)
        (self.folder / name).write_bytes(content)
        self._files[material] = RoomFile(name=name, probe=probe)
        return material

    def flat(self, material: Material, colour: str, *, size: str = "160x96", seconds: float = 2.0) -> Material:
        """A film of one colour."""
        red, green, blue = COLOURS[colour]
        source = f"color=c=0x{red:02x}{green:02x}{blue:02x}:s={size}:r=25:d={seconds},format=gbrp"
        return self.make(material, "-f", "lavfi", "-i", source, *LOSSLESS)

    def counted(self, material: Material, *, rate: int = 25, frames: int = 100, size: str = "160x96") -> Material:
        """A grey film whose frame n has the luma 20 + 2n."""
        source = f"color=c=black:s={size}:r={rate},format=yuv420p,geq=lum='20+2*N':cb=128:cr=128"
        encoder = (
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-qp",
            "0",
            "-bf",
            "2",
            "-g",
            "40",
            "-colorspace",
            "bt709",
        )
        return self.make(material, "-f", "lavfi", "-i", source, "-frames:v", str(frames), *encoder, form="mp4")

    def draw(
        self, timeline: Timeline, *, window: Window | None = None, captions: CaptionWriter | None = None
    ) -> Pictures:
        """The pictures of a window (default: all) as an array: frame, row, column, colour."""
        window = window or Window(first=0, end=timeline.frames)
        drawing = self.drawing(timeline, window=window, captions=captions)
        width = timeline.canvas.width + timeline.canvas.width % 2
        height = timeline.canvas.height + timeline.canvas.height % 2
        raw = self._run(drawing)
        yuv = np.frombuffer(raw, dtype=np.uint8).reshape(-1, width * height * 3 // 2)
        return np.stack([_as_rgb(picture, width=width, height=height) for picture in yuv])

    def planes(self, timeline: Timeline) -> Pictures:
        """The luma of all pictures as it is in the film."""
        count = timeline.canvas.width * timeline.canvas.height
        raw = self._run(self.drawing(timeline))
        return np.frombuffer(raw, dtype=np.uint8).reshape(-1, count * 3 // 2)[:, :count]

    def drawing(
        self, timeline: Timeline, *, window: Window | None = None, captions: CaptionWriter | None = None
    ) -> Drawing:
        return draw_pictures(
            timeline,
            window=window or Window(first=0, end=timeline.frames),
            files=self._files,
            tables=self.tables,
            captions=captions or NoCaptions(),
            notes=self.notes,
            limits=Limits(),
            threads=1,
        )

    def told(self) -> tuple[Note, ...]:
        return self.notes.all(duration=0)

    def _run(self, drawing: Drawing) -> bytes:
        for name, content in {**drawing.texts, "graph.txt": drawing.graph}.items():
            (self.folder / name).write_text(content)
        inputs = tuple(word for each in drawing.inputs for word in each)
        step = Step(
            name="pictures",
            arguments=(*inputs, GRAPH_OPTION, "graph.txt", "-map", "[picture]", "-pix_fmt", "yuv420p"),
            output="-",
        )
        arguments = step_arguments(step, limits=Limits(), graph_option=self.tools.graph_option)
        command = [str(self.tools.ffmpeg), "-v", "error", "-nostdin", *arguments]
        ended = subprocess.run([*command, "-f", "rawvideo", "-"], cwd=self.folder, capture_output=True, check=False)
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout


LOSSLESS = ("-c:v", "ffv1")


@cache
def _made(*arguments: str) -> tuple[bytes, Probe]:
    """A material for all rooms, and what ffprobe says of it."""
    content = made_by_ffmpeg(*arguments, name="material")
    command = [str(quick_tools().ffprobe), "-v", "error", "-of", "json", "-show_format", "-show_streams"]
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        asked = subprocess.run([*command, f"file:{file.name}"], check=True, capture_output=True)
    return content, parse_probe(json.loads(asked.stdout))


def luma(pictures: Pictures) -> npt.NDArray[np.float64]:
    """The mean luma of each picture that is grey, as its file had it: 20 + 2n for frame n."""
    return np.asarray(pictures.mean(axis=(1, 2, 3)) * 219 / 255 + 16)


def numbers(pictures: Pictures) -> list[int]:
    """Which frame of a counted film each picture shows."""
    # Builds of ffmpeg make it a step darker or not.
    return [round((float(value) - 19.5) / 2) for value in luma(pictures)]


def is_colour(pixels: Pictures, name: str, *, tolerance: int = 12) -> npt.NDArray[np.bool_]:
    """Which pixels have about this colour."""
    far = np.abs(pixels.astype(int) - np.array(COLOURS[name]))
    return np.asarray(far.max(axis=-1) <= tolerance)


def box(picture: Pictures, name: str, *, tolerance: int = 40) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the pixels that have this colour; the last two are the first outside."""
    there = is_colour(picture, name, tolerance=tolerance)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    assert rows.size, f"there is no {name}"
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _as_rgb(picture: npt.NDArray[np.uint8], *, width: int, height: int) -> Pictures:
    """BT.709 of limited range, the colours of two by two pixels for each of them."""
    count = width * height
    light = (picture[:count].reshape(height, width).astype(float) - 16) / 219
    blue, red = (
        np.kron(plane.reshape(height // 2, width // 2).astype(float) - 128, np.ones((2, 2))) / 224
        for plane in (picture[count : count * 5 // 4], picture[count * 5 // 4 :])
    )
    made = np.stack([light + 1.5748 * red, light - 0.1873 * blue - 0.4681 * red, light + 1.8556 * blue], axis=-1)
    return np.asarray(np.clip(made * 255 + 0.5, 0, 255).astype(np.uint8))
