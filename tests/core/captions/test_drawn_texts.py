"""What ffmpeg draws of captions: size, place, times, colours."""

from pathlib import Path

import pytest
from PIL import ImageFont

from tests.core.captions.drawn import (
    HEIGHT,
    WIDTH,
    Drawer,
    available,
    captions,
    ink,
    middle,
    placement,
    style,
    text,
)
from tests.parts.faces import DEJAVU, INTER, MICRO_HEI


def _letters_by_pillow(words: str, *, path: Path, em: float) -> tuple[int, int]:
    """How wide and high what is drawn of the words is, by another program."""
    left, top, right, bottom = ImageFont.truetype(path, em).getmask(words).getbbox()
    return right - left, bottom - top


@pytest.mark.parametrize("path", [DEJAVU, INTER, MICRO_HEI])
def test_letters_are_as_large_as_the_line_height_and_the_table_of_the_face_say(drawer: Drawer, path: Path) -> None:
    caption = text("HHH", runs=[(3, style(line_height=80))])
    chosen = captions(caption, machine=[path])
    width, height = _letters_by_pillow("HHH", path=path, em=80 / available(path).face.line_height)

    left, top, right, bottom = ink(drawer.draw(caption, chosen=chosen)[0])

    assert bottom - top == pytest.approx(height, rel=0.04)
    assert right - left == pytest.approx(width, rel=0.04)
    assert (left + right) / 2 == pytest.approx(WIDTH / 2, abs=1)


def test_a_text_lies_where_it_is_placed_turned_and_scaled(drawer: Drawer) -> None:
    upright = text("HHHHHH", at=placement(x=100, y=60))
    turned = text("HHHHHH", at=placement(x=100, y=60, rotation=90, scale=0.5))
    chosen = captions(upright, turned)

    left, top, right, bottom = ink(drawer.draw(upright, chosen=chosen)[0])
    assert middle(drawer.draw(upright, chosen=chosen)[0])[0] == pytest.approx(100, abs=1)
    t_left, t_top, t_right, t_bottom = ink(drawer.draw(turned, chosen=chosen)[0])
    assert (t_top + t_bottom) / 2 == pytest.approx(60, abs=1)
    assert t_bottom - t_top == pytest.approx((right - left) / 2, abs=2)
    assert t_right - t_left == pytest.approx((bottom - top) / 2, abs=2)
    # Clockwise: what was below the middle lies to the left of it.
    assert (t_left + t_right) / 2 - 100 == pytest.approx(-((top + bottom) / 2 - 60) / 2, abs=1)


def test_words_that_look_like_commands_are_only_words(drawer: Drawer) -> None:
    hostile = r"{\b1}\N\h{\p1}"
    plain = text(hostile)
    chosen = captions(plain)
    width = sum(available(DEJAVU).face.advance(each) for each in hostile) * 40 / available(DEJAVU).face.line_height

    left, top, right, bottom = ink(drawer.draw(plain, chosen=chosen)[0])

    assert right - left == pytest.approx(width, abs=10)
    assert bottom - top < 45
    assert top > HEIGHT / 2 - 25
