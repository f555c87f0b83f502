"""What ffmpeg draws of captions: size, place, times, colours."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from mediaproc.core.timeline import (
    Alignment,
    Colour,
    Curve,
    Keyframe,
    Shadow,
    Stroke,
    TextBackground,
)
from tests.core.captions.drawn import (
    HEIGHT,
    WIDTH,
    Drawer,
    Picture,
    available,
    captions,
    ink,
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
    assert (left + right) / 2 == pytest.approx(100, abs=1)
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


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "30", "60", "120"])
def test_a_text_is_there_in_exactly_its_frames(quick_drawer: Drawer, rate: str) -> None:
    # Windows begin anywhere: here late enough that times have many digits.
    shown = [(frame, frame + length) for frame, length in ((7, 1), (11, 2), (20, 5), (40, 1), (41, 3), (90, 1))]
    texts = [text("H", first=5000 + first, frames=end - first) for first, end in shown]
    chosen = captions(*texts)

    drawn = quick_drawer.draw(*texts, chosen=chosen, first=5000, frames=100, rate=Fraction(rate))

    there = [place for place, picture in enumerate(drawn) if picture.max() > 100]
    assert there == [frame for first, end in shown for frame in range(first, end)]


def test_what_moves_is_in_each_frame_where_its_curves_say(quick_drawer: Drawer) -> None:
    moved = Curve(keyframes=(Keyframe(at=Fraction(2), value=60), Keyframe(at=Fraction(6), value=260)))
    faded = Curve(keyframes=(Keyframe(at=Fraction(0), value=1), Keyframe(at=Fraction(10), value=0)))
    moving = text("H", first=3, frames=11, at=placement(centre_x=moved, opacity=faded))

    drawn = quick_drawer.draw(moving, chosen=captions(moving), frames=20)

    for frame in range(10):
        picture = drawn[3 + frame]
        light = 1 - frame / 10
        assert picture.max() == pytest.approx(255 * light, abs=3)
        left, _, right, _ = ink(picture, above=int(100 * light))
        assert (left + right) / 2 == pytest.approx(moved.value(frame), abs=1)
    assert all(drawn[frame].max() == 0 for frame in (0, 2, 13, 14))


def test_each_run_has_its_colour_and_its_size(drawer: Drawer) -> None:
    red, blue = Colour(red=255, green=0, blue=0), Colour(red=0, green=0, blue=255)
    mixed = text("HHhh\nHH", runs=[(2, style(colour=red)), (3, style(line_height=20)), (2, style(colour=blue))])
    chosen = captions(mixed)
    assert not chosen.are_grey([mixed])

    picture = drawer.draw_colours(mixed, chosen=chosen)

    of_red, of_white, of_blue = (
        ink((picture[..., on].min(axis=2) > 200) & (picture[..., off].max(axis=2, initial=0) < 50), above=0)
        for on, off in (([0], [1, 2]), ([0, 1, 2], []), ([2], [0, 1]))
    )
    assert of_red[2] < of_white[0]
    assert (of_red[3] - of_red[1]) / (of_white[3] - of_white[1]) == pytest.approx(2, rel=0.1)
    assert abs(of_red[3] - of_white[3]) <= 1, "they stand on one baseline"
    assert of_blue[1] - of_red[1] == pytest.approx(40, abs=1), "lines are one line's height apart"


@pytest.mark.parametrize(("alignment", "side"), [(Alignment.LEFT, 0), (Alignment.RIGHT, 2)])
def test_lines_meet_where_their_alignment_says_and_their_box_lies_in_the_middle(
    quick_drawer: Drawer, alignment: Alignment, side: int
) -> None:
    lines = replace(text("HHHHHH\nHH"), alignment=alignment, letter_spacing=0.2, line_spacing=0.5)

    picture = quick_drawer.draw(lines, chosen=captions(lines))[0]

    long, short = ink(picture[: HEIGHT // 2]), ink(picture[HEIGHT // 2 :])
    assert abs(long[side] - short[side]) <= 1
    assert (long[0] + long[2]) / 2 == pytest.approx(WIDTH / 2, abs=1)
    assert short[1] + HEIGHT // 2 - long[1] == pytest.approx(60, abs=1)


def test_letters_of_a_text_that_runs_downwards_lie_below_each_other_from_right_to_left(quick_drawer: Drawer) -> None:
    column = replace(text("HHH\nHH"), is_vertical=True)

    picture = quick_drawer.draw(column, chosen=captions(column))[0]

    left, top, right, bottom = ink(picture)
    right_one, left_one = ink(picture[:, WIDTH // 2 :]), ink(picture[:, : WIDTH // 2])
    assert right - left < 80 < bottom - top
    assert right_one[3] - right_one[1] == pytest.approx(left_one[3] - left_one[1] + 40, abs=1)
    assert (top + bottom) / 2 == pytest.approx(HEIGHT / 2, abs=4)


def test_a_line_is_broken_where_it_gets_too_wide(quick_drawer: Drawer) -> None:
    words = replace(text("HHH HHH HHH"), wrap_width=130.0)

    picture = quick_drawer.draw(words, chosen=captions(words))[0]

    left, top, right, bottom = ink(picture)
    assert right - left <= 130
    assert bottom - top > 80


def test_stroke_shadow_box_and_underline_are_drawn_around_the_letters(drawer: Drawer) -> None:
    red, green, blue = (
        Colour(red=255, green=0, blue=0),
        Colour(red=0, green=255, blue=0),
        Colour(red=0, green=0, blue=128),
    )
    look = replace(
        style(),
        stroke=Stroke(colour=red, width=0.1),
        shadow=Shadow(colour=green, distance=0.5, angle=-90.0, softness=0.0),
        is_underlined=True,
    )
    dressed = replace(
        text("HHH", runs=[(3, look)]),
        background=TextBackground(colour=blue, round_corner=1.0, extra_width=1.0, extra_height=1.0),
    )

    picture = drawer.draw_colours(dressed, chosen=captions(dressed)).astype(int)

    box = ink((picture[..., 2] > 100) & (picture[..., 0] < 50), above=0)
    letters = ink(picture.min(axis=2) > 200, above=0)
    around = ink((picture[..., 0] > 200) & (picture[..., 1] < 50), above=0)
    shadow = ink((picture[..., 1] > 200) & (picture[..., 0] < 50), above=0)
    assert box[3] - box[1] == pytest.approx(80, abs=2)
    assert ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=1)
    assert picture[box[1] + 2, box[0] + 2].max() == 0, "its corners are round"
    assert letters[0] - around[0] == pytest.approx(4, abs=1)
    assert shadow[3] - around[3] == pytest.approx(20, abs=1)


def test_a_mirrored_text_is_mirrored_about_its_middle_and_then_turned(drawer: Drawer) -> None:
    def turned(rotation: float, *, x: float = 1.0, y: float = 1.0) -> Picture:
        at = placement(rotation=rotation, scale_x=Curve.constant(x), scale_y=Curve.constant(y))
        letters = replace(text("LL\nF", at=at), alignment=Alignment.LEFT)
        return drawer.draw(letters, chosen=captions(letters))[0].astype(int)

    # A mirror turns the other way round.
    mirrored, other_way = turned(30, x=-1), turned(-30)
    assert abs(mirrored - np.fliplr(other_way)).mean() < 1
    assert abs(turned(30, y=-1) - np.flipud(other_way)).mean() < 1
    assert abs(turned(30, x=-1, y=-1) - turned(210)).mean() < 1
    assert abs(mirrored - np.fliplr(turned(30))).mean() > 3
