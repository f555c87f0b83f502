"""Captions as the pictures of a timeline have them: their colours in BT.709, whichever ffmpeg draws them."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.timeline import Colour, Layer, Text, TextBackground, Timeline
from tests.core.captions.drawn import CANVAS, HEIGHT, RATE, WIDTH, captions, put_faces, text
from tests.core.render.drawn import COLOURS, Room, box
from tests.parts.builds_of_ffmpeg import installed_tools, newest_tools


def _on(colour: str) -> Text:
    """Words on a box that covers most of the canvas."""
    red, green, blue = COLOURS[colour]
    background = TextBackground(
        colour=Colour(red=red, green=green, blue=blue), round_corner=0.0, extra_width=5.0, extra_height=3.0
    )
    return replace(text("H"), background=background)


@pytest.mark.parametrize("build", ["system", "newest"])
@pytest.mark.parametrize("colour", ["red", "blue", "white"])
def test_the_colours_of_captions_are_those_of_the_draft(tmp_path: Path, build: str, colour: str) -> None:
    room = Room(folder=tmp_path, tools=installed_tools() if build == "system" else newest_tools())
    boxed = _on(colour)
    chosen = captions(boxed)
    put_faces(chosen, room=tmp_path)

    pictures = room.draw(Timeline(canvas=CANVAS, rate=RATE, frames=1, layers=(Layer(texts=(boxed,)),)), captions=chosen)

    left, top, right, bottom = box(pictures[0], colour, tolerance=4)
    # Colours are one for two by two pixels.
    assert bottom - top == pytest.approx(160, abs=4)
    assert (left + right) / 2 == pytest.approx(WIDTH / 2, abs=1)
    assert (top + bottom) / 2 == pytest.approx(HEIGHT / 2, abs=1)
