"""What is done to a clip's pixels, what lies behind it, how it goes over into its neighbour, and how it moves."""

from dataclasses import replace

import numpy as np
import pytest

from mediaproc.core.render.window import Window
from mediaproc.core.timeline import (
    BlendMode,
    Blur,
    ChromaKey,
    Colour,
    ColourAdjustment,
    Curve,
    Mask,
    MaskShape,
    Material,
    MaterialKind,
    SpeedPiece,
    Transition,
    TransitionKind,
)
from tests.core.render.drawn import COLOURS, Room, box, is_colour, numbers
from tests.core.render.timelines import clip, film, line, placed, row, still, timeline

_PNG = ("-frames:v", "1", "-c:v", "png")


def _colour(name: str) -> Colour:
    red, green, blue = COLOURS[name]
    return Colour(red=red, green=green, blue=blue)


def test_a_still_is_held_and_its_transparent_parts_show_what_is_below(room: Room) -> None:
    red = room.flat(film("red"), "red")
    hole = room.make(
        still("hole"),
        *(
            "-f",
            "lavfi",
            "-i",
            "color=c=0x283cdc:s=160x96,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*gte(X,80)'",
        ),
        *_PNG,
        form="image2pipe",
    )
    drawn = room.draw(timeline(clip(red, frames=30), clip(hole, first=2, frames=25), frames=30))
    assert len(drawn) == 30
    assert is_colour(drawn[0], "red").all()
    for picture in (drawn[2], drawn[26]):
        assert box(picture, "blue") == pytest.approx((80, 0, 160, 96), abs=1)
        assert box(picture, "red") == pytest.approx((0, 0, 80, 96), abs=1)
    assert is_colour(drawn[27], "red").all()


def test_an_animation_begins_again_at_its_end(room: Room) -> None:
    moving = Material(id="gif", kind=MaterialKind.LOOPED, name="gif")
    source = "color=c=black:s=40x24:r=5,format=gray,geq=lum='50*N'"
    room.make(moving, "-f", "lavfi", "-i", source, "-frames:v", "4", form="gif")
    light = room.draw(timeline(clip(moving, frames=50), frames=50)).mean(axis=(1, 2, 3))
    assert light[::5] == pytest.approx([0, 50, 100, 150] * 2 + [0, 50], abs=8)
    later = room.draw(timeline(clip(moving, frames=50), frames=50), window=Window(first=31, end=50))
    assert later.mean(axis=(1, 2, 3)) == pytest.approx(light[31:], abs=1)


def test_a_colour_fills_the_canvas_behind_a_clip(room: Room) -> None:
    square = room.flat(film("square"), "red", size="40x40")
    [picture] = room.draw(timeline(clip(square, frames=1, fill_behind=_colour("green")), frames=1))
    assert box(picture, "red") == pytest.approx((32, 0, 128, 96), abs=1)
    assert is_colour(picture[:, :30], "green").all()
    assert is_colour(picture[:, 130:], "green").all()


def test_a_blur_fills_the_canvas_with_the_clip_itself(room: Room) -> None:
    square = room.flat(film("square"), "red", size="40x40")
    [picture] = room.draw(timeline(clip(square, frames=1, fill_behind=Blur(strength=0.5)), frames=1))
    assert is_colour(picture, "red").all()


def test_a_picture_fills_the_canvas_behind_a_clip(room: Room) -> None:
    square = room.flat(film("square"), "red", size="40x40")
    behind = room.make(still("behind"), "-f", "lavfi", "-i", "color=c=0x1ec83c:s=300x300", *_PNG, form="image2pipe")
    drawn = room.draw(timeline(clip(square, frames=3, fill_behind=behind), frames=3))
    for picture in drawn:
        assert is_colour(picture[:, :30], "green").all()


@pytest.mark.parametrize("kind", TransitionKind)
def test_a_transition_goes_from_one_clip_to_the_other(room: Room, kind: TransitionKind) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    crossing = Transition(kind=kind, first=6, frames=8, before=0)
    clips = (clip(red, frames=10), clip(blue, first=10, frames=10, start=0.5))
    drawn = room.draw(timeline(row(*clips, transitions=(crossing,)), frames=20))
    assert len(drawn) == 20
    assert all(is_colour(picture, "red").all() for picture in drawn[:7])
    assert all(is_colour(picture, "blue").all() for picture in drawn[14:])
    assert not is_colour(drawn[12], "red").all()
    assert not is_colour(drawn[8:13], "blue").all()


def test_a_transition_shows_what_the_films_have_beyond_the_cut(room: Room) -> None:
    first, second = room.counted(film("first")), room.counted(film("second"))
    crossing = Transition(kind=TransitionKind.WIPE_LEFT, first=6, frames=8, before=0)
    clips = (clip(first, frames=10, start=0.4), clip(second, first=10, frames=10, start=2.0))
    drawn = room.draw(timeline(row(*clips, transitions=(crossing,)), frames=20))
    left, right = numbers(drawn[:, :, :8]), numbers(drawn[:, :, -8:])
    # The one on the left is seen to the end, that on the right from the beginning.
    assert left[:13] == list(range(10, 23))
    assert right[8:] == list(range(48, 60))
    assert not room.told()


@pytest.mark.parametrize("kind", [TransitionKind.FADE_BLACK, TransitionKind.FADE_WHITE])
def test_a_fade_through_black_or_white_stays_within_the_range_of_a_film(room: Room, kind: TransitionKind) -> None:
    crossing = Transition(kind=kind, first=0, frames=20, before=0)
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    clips = (clip(red, frames=10), clip(blue, first=10, frames=10, start=0.5))
    light = room.planes(timeline(row(*clips, transitions=(crossing,)), frames=20))
    assert light.min() >= 16
    assert light.max() <= 235


def test_a_film_without_anything_beyond_the_cut_is_held_and_that_is_told(room: Room) -> None:
    first, second = room.counted(film("first"), frames=10), room.counted(film("second"))
    crossing = Transition(kind=TransitionKind.FADE, first=6, frames=8, before=0)
    clips = (clip(first, frames=10), clip(second, first=10, frames=10))
    assert len(room.draw(timeline(row(*clips, transitions=(crossing,)), frames=20))) == 20
    assert {note.code for note in room.told()} == {"transition_held"}


def test_a_transition_above_other_layers_keeps_its_place(room: Room) -> None:
    green, red, blue = room.flat(film("green"), "green"), room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    crossing = Transition(kind=TransitionKind.FADE, first=6, frames=8, before=0)
    small = placed(scale=0.5)
    clips = (clip(red, frames=10, placement=small), clip(blue, first=10, frames=10, start=0.5, placement=small))
    drawn = room.draw(timeline(clip(green, frames=20), row(*clips, transitions=(crossing,)), frames=20))
    assert box(drawn[3], "red") == pytest.approx((40, 24, 120, 72), abs=1)
    assert box(drawn[16], "blue") == pytest.approx((40, 24, 120, 72), abs=1)
    assert is_colour(drawn[10][:, :36], "green").all()


def test_every_frame_of_a_transition_is_the_same_in_any_window(room: Room) -> None:
    first, second = room.counted(film("first")), room.counted(film("second"))
    crossing = Transition(kind=TransitionKind.SLIDE_LEFT, first=6, frames=8, before=0)
    clips = (clip(first, frames=10, start=0.4), clip(second, first=10, frames=10, start=2.0))
    whole = timeline(row(*clips, transitions=(crossing,)), frames=20)
    parts = [room.draw(whole, window=Window(first=low, end=high)) for low, high in ((0, 9), (9, 12), (12, 20))]
    assert np.array_equal(room.draw(whole), np.concatenate(parts))


def test_a_moving_picture_is_where_its_keyframes_have_it(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    way = placed(scale=0.25, centre_x=line((0, 30), (10, 130)), centre_y=line((0, 30), (20, 70)))
    whole = timeline(clip(red, frames=22), clip(blue, frames=20, placement=way), frames=22)
    drawn = room.draw(whole)
    for frame in range(20):
        x, y = 30 + min(frame, 10) * 10, 30 + frame * 2
        assert box(drawn[frame], "blue") == pytest.approx((x - 20, y - 12, x + 20, y + 12), abs=1)
    assert is_colour(drawn[20], "red").all()
    assert np.array_equal(drawn[7:15], room.draw(whole, window=Window(first=7, end=15)))


def test_a_growing_picture_has_the_size_of_its_keyframes(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    grows = placed(scale=line((0, 0.2), (10, 0.7)), centre_x=81, centre_y=47)
    drawn = room.draw(timeline(clip(red, frames=12), clip(blue, frames=12, placement=grows), frames=12))
    for frame in range(12):
        half = 80 * (0.2 + min(frame, 10) * 0.05)
        seen = (81 - half, 47 - half * 0.6, 81 + half, 47 + half * 0.6)
        assert box(drawn[frame], "blue") == pytest.approx(seen, abs=1.5)


def test_a_picture_that_grows_and_turns_is_not_cut_off(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue", size="96x96")
    both = placed(scale=line((0, 0.2), (20, 0.9)), rotation=line((0, 0.0), (20, 90.0)))
    drawn = room.draw(timeline(clip(red, frames=21), clip(blue, frames=21, placement=both), frames=21))
    for frame in (0, 10, 20):
        side = 96 * (0.2 + frame * 0.035)
        covered = is_colour(drawn[frame], "blue", tolerance=60).sum()
        assert covered == pytest.approx(side * side, rel=0.06, abs=60)


def test_a_zoom_on_the_whole_canvas_shows_ever_less_of_the_film(room: Room) -> None:
    bars = room.make(
        film("bars"),
        *("-f", "lavfi", "-i", "color=c=0xdc1e1e:s=160x96:r=25,format=gbrp,drawbox=x=72:w=16:c=0x283cdc:t=fill"),
        *("-t", "2", "-c:v", "ffv1"),
    )
    whole = timeline(clip(bars, frames=21, placement=placed(scale=line((0, 1.0), (20, 3.0)))), frames=21)
    drawn = room.draw(whole)
    for frame in (0, 5, 10, 20):
        half = 8 * (1 + frame * 0.1)
        assert box(drawn[frame], "blue", tolerance=60) == pytest.approx((80 - half, 0, 80 + half, 96), abs=2)
    assert np.array_equal(drawn[9:], room.draw(whole, window=Window(first=9, end=21)))


def test_opacity_changes_frame_by_frame(room: Room) -> None:
    black, white = room.flat(film("black"), "black"), room.flat(film("white"), "white")
    fades = placed(opacity=line((2, 0.0), (12, 1.0)))
    drawn = room.draw(timeline(clip(black, frames=20), clip(white, frames=20, placement=fades), frames=20))
    expected = [235 * min(1.0, max(0.0, (frame - 2) / 10)) for frame in range(20)]
    assert drawn.mean(axis=(1, 2, 3)) == pytest.approx(expected, abs=4)


@pytest.mark.parametrize(
    ("mask", "inside", "outside"),
    [
        (Mask(shape=MaskShape.ELLIPSE, centre_x=0.5, centre_y=0.5, width=0.5, height=0.5), (80, 48), (45, 28)),
        (Mask(shape=MaskShape.RECTANGLE, centre_x=0.25, centre_y=0.5, width=0.5, height=1), (4, 4), (84, 4)),
        (Mask(shape=MaskShape.LINE, centre_x=0.5, centre_y=0.5, width=1, height=1), (80, 40), (80, 56)),
        (Mask(shape=MaskShape.BAND, centre_x=0.5, centre_y=0.5, width=1, height=0.5), (2, 48), (80, 16)),
        (
            Mask(shape=MaskShape.LINE, centre_x=0.5, centre_y=0.5, width=1, height=1, rotation=90),
            (90, 48),
            (70, 48),
        ),
    ],
)
def test_a_mask_leaves_its_shape(room: Room, mask: Mask, inside: tuple[int, int], outside: tuple[int, int]) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    for inverted in (False, True):
        masked = clip(blue, frames=2, mask=replace(mask, is_inverted=inverted))
        picture = room.draw(timeline(clip(red, frames=2), masked, frames=2))[1]
        blue_at, red_at = (outside, inside) if inverted else (inside, outside)
        assert is_colour(picture[blue_at[1], blue_at[0]], "blue")
        assert is_colour(picture[red_at[1], red_at[0]], "red")


def test_the_feather_of_a_mask_fades_over_its_edge(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    mask = Mask(shape=MaskShape.LINE, centre_x=0.5, centre_y=0.5, width=1, height=1, feather=0.5)
    [picture] = room.draw(timeline(clip(red, frames=1), clip(blue, frames=1, mask=mask), frames=1))
    assert picture[48, 80].astype(int) == pytest.approx((130, 45, 125), abs=8)
    assert is_colour(picture[4, 80], "blue")
    assert is_colour(picture[92, 80], "red")


def test_a_chroma_key_takes_a_colour_out(room: Room) -> None:
    red = room.flat(film("red"), "red")
    screen = room.make(
        film("screen"),
        *("-f", "lavfi", "-i", "color=c=0x1ec83c:s=160x96:r=25,format=gbrp,drawbox=x=60:w=40:c=0x283cdc:t=fill"),
        *("-t", "1", "-c:v", "ffv1"),
    )
    keyed = clip(screen, frames=1, chroma_key=ChromaKey(colour=_colour("green"), tolerance=0.3))
    [picture] = room.draw(timeline(clip(red, frames=1), keyed, frames=1))
    assert box(picture, "blue") == pytest.approx((60, 0, 100, 96), abs=2)
    assert is_colour(picture[:, :56], "red").all()


@pytest.mark.parametrize(
    ("mode", "mixed"),
    [
        (BlendMode.MULTIPLY, lambda low, up: low * up),
        (BlendMode.SCREEN, lambda low, up: low + up - low * up),
        (BlendMode.DARKEN, np.minimum),
        (BlendMode.LIGHTEN, np.maximum),
        (BlendMode.DIFFERENCE, lambda low, up: abs(low - up)),
        (BlendMode.EXCLUSION, lambda low, up: low + up - 2 * low * up),
        (BlendMode.LINEAR_BURN, lambda low, up: np.maximum(low + up - 1, 0)),
        (BlendMode.OVERLAY, lambda low, up: np.where(low < 0.5, 2 * low * up, 1 - 2 * (1 - low) * (1 - up))),
        (BlendMode.HARD_LIGHT, lambda low, up: np.where(up < 0.5, 2 * low * up, 1 - 2 * (1 - low) * (1 - up))),
        (BlendMode.COLOUR_DODGE, lambda low, up: np.minimum(1, low / (1 - up))),
        (BlendMode.COLOUR_BURN, lambda low, up: np.maximum(0, 1 - (1 - low) / up)),
    ],
)
def test_a_blend_mode_computes_with_what_is_below(room: Room, mode: BlendMode, mixed: object) -> None:
    red, blue = room.flat(film("red"), "yellow"), room.flat(film("blue"), "blue")
    over = clip(blue, first=2, frames=3, blend_mode=mode, placement=placed(scale=0.5))
    drawn = room.draw(timeline(clip(red, frames=7), over, frames=7))
    low, up = (np.array(COLOURS[name]) / 255 for name in ("yellow", "blue"))
    for frame in (2, 4):
        assert drawn[frame][48, 80].astype(int) == pytest.approx(mixed(low, up) * 255, abs=12)  # type: ignore[operator]
        assert is_colour(drawn[frame][:20], "yellow").all()
    assert is_colour(drawn[1], "yellow").all()
    assert is_colour(drawn[5], "yellow").all()


def test_soft_light_is_drawn(room: Room) -> None:
    red, blue = room.flat(film("red"), "yellow"), room.flat(film("blue"), "blue")
    over = clip(blue, frames=1, blend_mode=BlendMode.SOFT_LIGHT)
    [picture] = room.draw(timeline(clip(red, frames=1), over, frames=1))
    assert not is_colour(picture, "yellow").any()


def test_brightness_contrast_and_saturation_change_the_colours(room: Room) -> None:
    red = room.flat(film("red"), "red")
    none = Curve.constant(0.0)
    grey = ColourAdjustment(brightness=none, contrast=none, saturation=Curve.constant(-1.0))
    brighter = ColourAdjustment(brightness=line((0, 0.0), (9, 0.8)), contrast=none, saturation=none)
    [picture] = room.draw(timeline(clip(red, frames=1, colour_adjustment=grey), frames=1))
    assert np.ptp(picture.astype(int), axis=-1).max() < 8
    drawn = room.draw(timeline(clip(red, frames=10, colour_adjustment=brighter), frames=10)).mean(axis=(1, 2, 3))
    assert all(drawn[n] < drawn[n + 1] for n in range(9))


def test_a_lookup_table_is_applied_as_much_as_it_says(room: Room) -> None:
    red = room.flat(film("red"), "red")
    # Red and blue change places.
    values = [f"{b} {g} {r}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    (room.folder / "t0001.cube").write_text("LUT_3D_SIZE 2\n" + "\n".join(values) + "\n")
    room.tables["of the project.cube"] = "t0001.cube"
    for strength, seen in ((1.0, (30, 30, 220)), (0.5, (125, 30, 125))):
        looked_up = clip(red, frames=1, lookup_table="of the project.cube", lookup_table_strength=strength)
        [picture] = room.draw(timeline(looked_up, frames=1))
        assert picture[48, 80].astype(int) == pytest.approx(seen, abs=6)


def test_a_changing_speed_is_drawn_by_its_pieces(room: Room) -> None:
    counted = room.counted(film("counted"))
    made = clip(counted, frames=8)
    pieces = (
        SpeedPiece(frames=4, source_start=0, speed=made.speed),
        SpeedPiece(frames=4, source_start=160_000, speed=made.speed * 3),
    )
    ramp = replace(made, pieces=pieces)
    assert numbers(room.draw(timeline(ramp, frames=8))) == [0, 1, 2, 3, 4, 7, 10, 13]
    backwards = replace(ramp, is_reversed=True)
    assert numbers(room.draw(timeline(backwards, frames=8))) == [3, 2, 1, 0, 13, 10, 7, 4]


def test_a_compound_clip_is_drawn_in_its_own_canvas_and_placed_as_a_picture(room: Room) -> None:
    red, blue = room.flat(film("red"), "red"), room.flat(film("blue"), "blue")
    inner = timeline(row(clip(red, frames=5), clip(blue, first=5, frames=10)), frames=15)
    outer = clip(inner, first=2, frames=10, start=0.08, placement=placed(scale=0.5))
    drawn = room.draw(timeline(outer, frames=14))
    for frame, name in ((2, "red"), (4, "red"), (5, "blue"), (11, "blue")):
        assert box(drawn[frame], name) == pytest.approx((40, 24, 120, 72), abs=1)
    assert is_colour(drawn[1], "black").all()
    assert is_colour(drawn[12], "black").all()


def test_a_compound_clip_at_another_speed_shows_its_frames_at_it(room: Room) -> None:
    counted = room.counted(film("counted"))
    inner = timeline(clip(counted, frames=50), frames=50)
    drawn = room.draw(timeline(clip(inner, frames=8, start=0.4, speed=2), frames=8))
    assert numbers(drawn) == [10, 12, 14, 16, 18, 20, 22, 24]
    drawn = room.draw(timeline(clip(inner, frames=6, start=0.4, is_reversed=True), frames=6))
    assert numbers(drawn) == [15, 14, 13, 12, 11, 10]


def test_each_build_of_ffmpeg_draws_all_of_it(room_of_build: Room) -> None:
    room = room_of_build
    first, second = room.counted(film("first")), room.counted(film("second"), rate=30)
    blue, square = room.flat(film("blue"), "blue"), room.flat(film("square"), "red", size="40x40")
    crossing = Transition(kind=TransitionKind.FADE, first=6, frames=8, before=0)
    clips = (clip(first, frames=10, start=0.4), clip(second, first=10, frames=10, start=2.0, speed=2))
    mask = Mask(shape=MaskShape.ELLIPSE, centre_x=0.5, centre_y=0.5, width=0.5, height=0.5)
    moving = placed(
        scale=line((0, 0.2), (9, 0.9)), rotation=line((0, 0.0), (9, 45.0)), opacity=line((0, 0.0), (9, 1.0))
    )
    whole = timeline(
        row(*clips, clip(square, first=20, frames=5, fill_behind=Blur(strength=0.5)), transitions=(crossing,)),
        clip(blue, first=3, frames=10, placement=placed(scale=0.4, centre_x=41, rotation=20), mask=mask),
        clip(square, first=5, frames=10, placement=moving, blend_mode=BlendMode.SCREEN),
        clip(blue, first=22, frames=5, placement=placed(scale=line((0, 1.0), (4, 2.0)))),
        frames=28,
    )
    drawn = room.draw(whole)
    assert len(drawn) == 28
    assert numbers(drawn[:3]) == [10, 11, 12]
    assert numbers(drawn[15:20]) == [72, 74, 76, 79, 81]
    assert is_colour(drawn[24], "blue").all()
    assert is_colour(drawn[27], "black").all()
