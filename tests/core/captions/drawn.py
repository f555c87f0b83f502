"""Texts as ffmpeg draws their captions: pictures to look at, from faces of this machine and of test bundles."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediaproc.core.captions import AvailableFace, Captions, choose_faces
from mediaproc.core.faces import copy_face, read_face
from mediaproc.core.notes.taking import Notes
from mediaproc.core.timeline import (
    Canvas,
    Colour,
    Curve,
    Layer,
    Placement,
    Text,
    TextRun,
    TextStyle,
    Timeline,
)
from tests.parts.faces import DEJAVU, content

WIDTH, HEIGHT = 320, 180
CANVAS = Canvas(width=WIDTH, height=HEIGHT)
RATE = Fraction(25)
WHITE = Colour(red=255, green=255, blue=255)

# A picture of light, and pictures one after the other.
Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Frames:
    """The frames of a timeline that one document is for."""

    first: int
    end: int


@cache
def available(path: Path) -> AvailableFace:
    return AvailableFace(face=read_face(memoryview(content(path))), path=str(path))


def style(*, line_height: float = 40.0, colour: Colour = WHITE, font: str = "") -> TextStyle:
    return TextStyle(line_height=line_height, colour=colour, font=font)


def placement(
    *,
    x: float = WIDTH / 2,
    y: float = HEIGHT / 2,
    scale: float = 1.0,
    rotation: float = 0.0,
    opacity: Curve | float = 1.0,
    **curves: Curve,
) -> Placement:
    def curve(name: str, value: float) -> Curve:
        return curves.get(name, Curve.constant(value))

    return Placement(
        centre_x=curve("centre_x", x),
        centre_y=curve("centre_y", y),
        scale_x=curve("scale_x", scale),
        scale_y=curve("scale_y", scale),
        rotation=curve("rotation", rotation),
        opacity=opacity if isinstance(opacity, Curve) else Curve.constant(opacity),
    )


def text(
    words: str,
    *,
    runs: Sequence[tuple[int, TextStyle]] = (),
    first: int = 0,
    frames: int = 10,
    at: Placement | None = None,
) -> Text:
    """Words; `runs` are how many code points have which style."""
    lengths = list(runs) or [(len(words), style())]
    ends = list(accumulate(length for length, _ in lengths))
    starts = [0, *ends[:-1]]
    made = tuple(
        TextRun(first=start, end=end, style=each) for start, end, (_, each) in zip(starts, ends, lengths, strict=True)
    )
    return Text(id="t", first=first, frames=frames, words=words, runs=made, placement=at or placement())


def captions(
    *texts: Text,
    machine: Sequence[Path] = (DEJAVU,),
    bundled: Mapping[str, Path] | None = None,
    notes: Notes | None = None,
) -> Captions:
    timeline = Timeline(canvas=CANVAS, rate=RATE, frames=1000, layers=(Layer(texts=texts),))
    return choose_faces(
        timeline,
        bundled={name: available(path) for name, path in (bundled or {}).items()},
        machine=[available(path) for path in machine],
        notes=notes or Notes(),
    )


def put_faces(chosen: Captions, *, room: Path) -> None:
    """Copies the faces into a room."""
    (room / "fonts").mkdir(exist_ok=True)
    for file in chosen.faces:
        data = memoryview(content(Path(file.source.path)))
        (room / file.name).write_bytes(b"".join(copy_face(data, index=file.source.index, name=file.family)))


@dataclass(frozen=True, kw_only=True)
class Drawer:
    """Draws documents with one build of ffmpeg, in a room as an attempt has one."""

    ffmpeg: str
    room: Path

    def draw(
        self, *texts: Text, chosen: Captions, frames: int = 1, rate: Fraction = RATE, first: int = 0
    ) -> list[Picture]:
        """So many frames from `first` on, in grey."""
        window = Frames(first=first, end=first + frames)
        document = chosen.document(texts, canvas=CANVAS, rate=rate, window=window)
        if document is None:
            return [np.zeros((HEIGHT, WIDTH), np.uint8)] * frames
        return list(
            self._drawn(document, chosen=chosen, frames=frames, rate=rate, pixels="gray").reshape(-1, HEIGHT, WIDTH)
        )

    def draw_colours(self, *texts: Text, chosen: Captions) -> Picture:
        """The first frame, in red, green and blue."""
        document = chosen.document(texts, canvas=CANVAS, rate=RATE, window=Frames(first=0, end=1))
        assert document is not None
        return self._drawn(document, chosen=chosen, frames=1, rate=RATE, pixels="rgb24").reshape(HEIGHT, WIDTH, 3)

    def _drawn(self, document: str, *, chosen: Captions, frames: int, rate: Fraction, pixels: str) -> Picture:
        put_faces(chosen, room=self.room)
        (self.room / "c0001.ass").write_text(document)
        source = f"color=c=black:s={WIDTH}x{HEIGHT}:r={rate},format=gbrp,ass=f=c0001.ass:fontsdir=fonts"
        output = ("-frames:v", str(frames), "-f", "rawvideo", "-pix_fmt", pixels, "-")
        done = subprocess.run(
            [self.ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, *output],
            cwd=self.room,
            env={},
            capture_output=True,
            check=True,
        )
        assert not done.stderr, done.stderr
        return np.frombuffer(done.stdout, np.uint8)


def ink(picture: NDArray[Any], *, above: int = 100) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is lighter than this; right and bottom are the first without."""
    rows, columns = np.where(picture > above)
    assert rows.size, "nothing is drawn"
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
