"""Clips one after the other and above each other: the right picture at the right place in the right frame."""

from fractions import Fraction

import numpy as np
import pytest

from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Canvas, Crop
from tests.core.render.drawn import Room, box, is_colour, numbers
from tests.core.render.timelines import clip, film, placed, row, still, timeline

# The left half is red, the right one blue.
_HALVES = "color=c=0xdc1e1e:s=160x96:r=25,format=gbrp,drawbox=x=80:w=80:c=0x283cdc:t=fill"


def test_clips_follow_each_other_and_the_background_fills_the_gaps(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    drawn = room.draw(timeline(row(clip(red, frames=5), clip(blue, first=8, frames=4)), frames=14))
    seen = ["red"] * 5 + ["black"] * 3 + ["blue"] * 4 + ["black"] * 2
    assert len(drawn) == 14
    assert all(is_colour(picture, name).all() for picture, name in zip(drawn, seen, strict=True))


def test_a_clip_shows_its_material_frame_by_frame_from_where_it_is_cut(room: Room) -> None:
    counted = room.counted(film("counted"))
    drawn = room.draw(timeline(clip(counted, start=1.52, frames=10), frames=10))
    assert numbers(drawn) == list(range(38, 48))


@pytest.mark.parametrize(
    ("speed", "shown"),
    [(Fraction(2), [25, 27, 29, 31, 33, 35]), (Fraction(1, 2), [25, 25, 26, 26, 27, 27])],
)
def test_a_faster_clip_leaves_frames_out_and_a_slower_one_repeats_them(
    room: Room, speed: Fraction, shown: list[int]
) -> None:
    counted = room.counted(film("counted"))
    drawn = room.draw(timeline(clip(counted, start=1.0, frames=6, speed=speed), frames=6))
    assert numbers(drawn) == shown


def test_a_film_of_another_rate_shows_the_frame_of_each_moment(room: Room) -> None:
    counted = room.counted(film("counted"), rate=30)
    drawn = room.draw(timeline(clip(counted, start=1.0, frames=10), frames=10))
    assert numbers(drawn) == [30 + n * 30 // 25 for n in range(10)]


def test_a_reversed_clip_shows_its_part_from_the_end(room: Room) -> None:
    counted = room.counted(film("counted"))
    drawn = room.draw(timeline(clip(counted, start=1.0, frames=6, is_reversed=True), frames=6))
    assert numbers(drawn) == [30, 29, 28, 27, 26, 25]


def test_a_short_film_is_held_on_its_last_picture_and_that_is_told(room: Room) -> None:
    counted = room.counted(film("counted"), frames=50)
    drawn = room.draw(timeline(clip(counted, start=1.8, frames=10), frames=10))
    assert numbers(drawn) == [45, 46, 47, 48, 49, 49, 49, 49, 49, 49]
    assert [note.code for note in room.told()] == ["material_short"]


def test_a_clip_that_begins_behind_the_end_of_its_film_is_its_last_picture(room: Room) -> None:
    counted = room.counted(film("counted"), frames=50)
    drawn = room.draw(timeline(clip(counted, start=7.0, frames=3), frames=3))
    assert numbers(drawn) == [49, 49, 49]


def test_a_picture_is_contained_in_the_canvas_and_lies_in_its_middle(room: Room) -> None:
    square = room.flat(film("square"), "red", size="40x40")
    [picture] = room.draw(timeline(clip(square, frames=1), frames=1))
    assert box(picture, "red") == pytest.approx((32, 0, 128, 96), abs=1)


def test_a_picture_is_scaled_and_laid_where_it_is_placed(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    small = clip(blue, frames=3, placement=placed(scale=0.25, centre_x=51, centre_y=33))
    for picture in room.draw(timeline(clip(red, frames=3), small, frames=3)):
        assert box(picture, "blue") == pytest.approx((31, 21, 71, 45), abs=1)


def test_a_picture_beyond_the_edge_is_cut_there(room: Room) -> None:
    blue = room.flat(film("blue"), "blue")
    half = clip(blue, frames=1, placement=placed(scale=0.5, centre_x=0, centre_y=96))
    [picture] = room.draw(timeline(half, frames=1))
    assert box(picture, "blue") == pytest.approx((0, 72, 40, 96), abs=1)


def test_an_enlarged_picture_shows_its_middle(room: Room) -> None:
    bars = room.make(
        still("bars"),
        "-f",
        "lavfi",
        "-i",
        "color=c=0xdc1e1e:s=400x240,drawbox=x=180:w=40:c=0x283cdc:t=fill",
        "-frames:v",
        "1",
        "-pix_fmt",
        "rgb24",
        "-c:v",
        "png",
        form="image2pipe",
    )
    [picture] = room.draw(timeline(clip(bars, frames=1, placement=placed(scale=4.0)), frames=1))
    assert box(picture, "blue") == pytest.approx((48, 0, 112, 96), abs=2)


def test_half_of_an_opacity_lets_half_of_what_is_below_through(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    [picture] = room.draw(timeline(clip(red, frames=1), clip(blue, frames=1, placement=placed(opacity=0.5)), frames=1))
    assert picture.mean(axis=(0, 1)) == pytest.approx((130, 45, 125), abs=4)


def test_a_crop_is_what_is_contained(room: Room) -> None:
    bars = room.make(film("bars"), "-f", "lavfi", "-i", _HALVES, "-t", "1", "-c:v", "ffv1")
    right = clip(bars, frames=1, crop=Crop(left=0.5))
    [picture] = room.draw(timeline(right, frames=1))
    assert box(picture, "blue") == pytest.approx((40, 0, 120, 96), abs=1)


def test_a_mirrored_picture_has_its_sides_exchanged(room: Room) -> None:
    bars = room.make(film("bars"), "-f", "lavfi", "-i", _HALVES, "-t", "1", "-c:v", "ffv1")
    [picture] = room.draw(timeline(clip(bars, frames=1, placement=placed(flip_horizontal=True)), frames=1))
    assert box(picture, "blue") == pytest.approx((0, 0, 80, 96), abs=1)


@pytest.mark.parametrize(
    ("angle", "scale", "seen"),
    # The blue half is on the right: turned clockwise it is at the bottom.
    [(90, 0.6, (51, 48, 109, 96)), (-90, 0.6, (51, 0, 109, 48)), (180, 1.0, (0, 0, 80, 96))],
)
def test_a_turned_picture_is_turned_clockwise_about_its_middle(
    room: Room, angle: float, scale: float, seen: tuple[int, int, int, int]
) -> None:
    bars = room.make(film("bars"), "-f", "lavfi", "-i", _HALVES, "-t", "1", "-c:v", "ffv1")
    placement = placed(rotation=angle, scale=scale)
    [picture] = room.draw(timeline(clip(bars, frames=1, placement=placement), frames=1))
    assert box(picture, "blue") == pytest.approx(seen, abs=2)


def test_every_frame_is_the_same_in_whichever_window_it_is_drawn(room: Room) -> None:
    counted, blue = room.counted(film("counted"), size="80x60"), room.flat(film("blue"), "blue")
    whole = timeline(
        row(clip(counted, frames=12, start=0.5), clip(counted, first=12, frames=13, start=2.0, speed=Fraction(3, 2))),
        clip(blue, first=5, frames=15, placement=placed(scale=0.3, centre_x=41, rotation=30, opacity=0.7)),
        frames=25,
    )
    at_once = room.draw(whole)
    in_parts = [room.draw(whole, window=Window(first=low, end=high)) for low, high in ((0, 7), (7, 16), (16, 25))]
    assert np.array_equal(at_once, np.concatenate(in_parts))


def test_odd_sides_become_even_and_that_is_told(room: Room) -> None:
    red = room.flat(film("red"), "red", size="322x194")
    drawn = room.draw(timeline(clip(red, frames=2), frames=2, canvas=Canvas(width=161, height=97)))
    assert drawn.shape == (2, 98, 162, 3)
    assert is_colour(drawn, "red", tolerance=24).all()
    assert [note.code for note in room.told()] == ["canvas_rounded"]
