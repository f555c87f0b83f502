"""A clip goes through its material at its speed, lies where the draft puts it, and says what it cannot do."""

from fractions import Fraction
from itertools import pairwise

import pytest

from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import BlendMode, Crop, Curve, Interpolation, Material, MaterialKind, SpeedPiece
from tests.core.draft.drafts import (
    SECOND,
    Json,
    clip,
    clips,
    codes,
    draft,
    one_clip,
    only_clip,
    read,
    segment,
    still,
    track,
    video,
)


def _source(start: float, duration: float) -> Json:
    return {"start": round(start * SECOND), "duration": round(duration * SECOND)}


def test_what_goes_by_is_the_time_on_the_timeline_times_the_speed() -> None:
    found = only_clip(one_clip(speed=1.5, source_timerange=_source(1, 3)))
    assert (found.source_start, found.source_duration, found.speed) == (SECOND, 3 * SECOND, Fraction(3, 2))
    assert found.pieces == (SpeedPiece(frames=60, source_start=SECOND, speed=Fraction(3, 2)),)


def test_place_and_speed_count_where_the_source_range_contradicts_them() -> None:
    reading = read(one_clip(speed=2.0, source_timerange=_source(1, 7)))
    (found,) = clips(reading)
    assert (found.frames, found.source_duration) == (60, 4 * SECOND)
    assert codes(reading) == [NoteCode.SPEED_AGAINST_RANGE]
    assert codes(read(one_clip(speed=2.0, source_timerange=_source(1, 4.03)))) == []


def _ramp(points: list[tuple[float, float]], *, speed: float) -> Json:
    curve = {"name": "Bullet", "speed_points": [{"x": x, "y": y} for x, y in points]}
    return one_clip(
        speed=speed,
        extra_material_refs=["v"],
        materials={"speeds": [{"id": "v", "mode": 1, "speed": speed, "curve_speed": curve}]},
    )


@pytest.mark.parametrize(
    ("speed", "half"),
    # From 1 to 3 over the timeline the mean is 2, and 1.5 of the 4 s are over at half time; over the material the mean
    # is 2 / ln 3, and the square root of 3 is reached at half time.
    [(2.0, 1.5 * SECOND), (2 / 1.0986123, 0.36603 * 2 * SECOND * 2 / 1.0986123)],
)
def test_a_ramp_takes_its_points_at_shares_of_what_fits_its_mean_speed(speed: float, half: float) -> None:
    reading = read(_ramp([(0, 1), (1, 3)], speed=speed))
    (found,) = clips(reading)
    assert codes(reading) == [NoteCode.SPEED_RAMP]
    assert sum(piece.frames for piece in found.pieces) == found.frames
    ends = [piece.source_start + piece.speed * Fraction(piece.frames, 30) * SECOND for piece in found.pieces]
    for end, following in pairwise(zip(ends, found.pieces, strict=True)):
        assert abs(end[0] - following[1].source_start) <= 2
    assert abs(ends[-1] - found.source_duration) <= 2
    middle = next(p for n, p in enumerate(found.pieces) if sum(q.frames for q in found.pieces[:n]) == 30)
    assert middle.source_start == pytest.approx(half, rel=0.01)


def test_a_reversed_ramp_shows_the_end_of_its_material_first() -> None:
    document = _ramp([(0, 1), (1, 3)], speed=2.0)
    document["tracks"][0]["segments"][0]["reverse"] = True
    found = only_clip(document)
    assert found.is_reversed
    first, last = found.pieces[0], found.pieces[-1]
    assert last.source_start == 0
    assert first.source_start > found.source_duration * 0.9
    assert first.speed < last.speed


def test_a_long_clip_is_not_reversed_and_a_still_never() -> None:
    reading = read(draft(track("video", segment("a", "film", 0, 11, reverse=True)), duration=11 * SECOND))
    assert [each.is_reversed for each in clips(reading)] == [False]
    assert [each.is_reversed for each in reading.timeline.sounds] == [False]
    assert codes(reading) == [NoteCode.REVERSED_TOO_LONG]
    assert not only_clip(draft(track("video", segment("a", "picture", 0, 2, reverse=True)))).is_reversed


def test_a_material_is_what_its_type_and_its_name_say() -> None:
    def material(**more: object) -> Material:
        source = only_clip(draft(track("video", segment("a", "v", 0, 2)), materials={"videos": [video("v", **more)]}))
        assert isinstance(source.source, Material)
        return source.source

    assert material().kind is MaterialKind.VIDEO
    assert material(type="photo").kind is MaterialKind.STILL
    assert material(path="a/b.GIF").kind is MaterialKind.LOOPED
    assert material(type="gif").kind is MaterialKind.LOOPED
    assert material(path="", material_name="c.mp4").name == "c.mp4"
    assert material(has_audio=None).has_sound is None


def test_a_crop_is_an_upright_rectangle() -> None:
    def cropped(**corners: float) -> tuple[Crop, list[NoteCode]]:
        whole = {
            "upper_left_x": 0.0, "upper_left_y": 0.0, "upper_right_x": 1.0, "upper_right_y": 0.0,
            "lower_left_x": 0.0, "lower_left_y": 1.0, "lower_right_x": 1.0, "lower_right_y": 1.0,
        }  # fmt: skip
        film = video("v", crop=whole | corners)
        reading = read(draft(track("video", segment("a", "v", 0, 2)), materials={"videos": [film]}))
        return clips(reading)[0].crop, codes(reading)

    assert cropped() == (Crop(), [])
    quarter = cropped(upper_left_x=0.5, lower_left_x=0.5, lower_left_y=0.5, lower_right_y=0.5)
    assert quarter == (Crop(left=0.5, top=0.0, right=1.0, bottom=0.5), [])
    assert cropped(upper_left_x=0.2)[1] == [NoteCode.CROP_TURNED]
    assert cropped(**dict.fromkeys(("upper_right_x", "lower_right_x"), 0.0)) == (Crop(), [])


def test_the_middle_of_a_picture_lies_in_halves_of_the_canvas_with_y_upwards() -> None:
    placement = only_clip(one_clip(clip=clip(transform={"x": -0.5, "y": 0.5}, rotation=90.0, alpha=0.25))).placement
    assert (placement.centre_x.value(0), placement.centre_y.value(0)) == (250.0, 125.0)
    assert (placement.rotation.value(0), placement.opacity.value(0)) == (90.0, 0.25)


@pytest.mark.parametrize(
    ("scale", "uniform", "expected"),
    [
        ({"x": 0.5, "y": 0.7}, {"on": True, "value": 1.0}, (0.5, 0.5)),
        ({"x": 0.5, "y": 0.7}, {"on": False, "value": 1.0}, (0.5, 0.7)),
        ({"x": 1.0, "y": 1.0}, {"on": True, "value": 0.6}, (0.6, 0.6)),
        ({"x": 1.0, "y": 0.4}, {"on": False, "value": 0.6}, (1.0, 0.4)),
        ({"x": 0.5, "y": 0.5}, None, (0.5, 0.5)),
    ],
)
def test_x_rules_a_uniform_scale(scale: Json, uniform: Json | None, expected: tuple[float, float]) -> None:
    placement = only_clip(one_clip(clip=clip(scale=scale), uniform_scale=uniform)).placement
    assert (placement.scale_x.value(0), placement.scale_y.value(0)) == expected


def _keyframes(kind: str, *frames: tuple[float, float], **more: object) -> Json:
    listed = [
        {"time_offset": round(at * SECOND), "values": [value], "curveType": "Line", **more} for at, value in frames
    ]
    return {"property_type": kind, "keyframe_list": listed}


def test_scale_keyframes_of_x_alone_are_uniform_only_where_the_scale_is() -> None:
    frames = _keyframes("KFTypeScaleX", (0, 1), (1, 2))
    for is_on, expected in ((True, 2.0), (False, 1.0)):
        document = one_clip(common_keyframes=[frames], uniform_scale={"on": is_on, "value": 1.0}, clip=clip())
        assert only_clip(document).placement.scale_y.value(30) == expected


def test_curves_that_the_editor_draws_with_handles_are_bezier_and_told() -> None:
    # As CapCut writes a slow zoom: handles are offsets, microseconds and units of the value.
    frames = _keyframes("KFTypeScaleX", (0, 1.5), (0.733333, 1.0))
    first, last = frames["keyframe_list"]
    first |= {"curveType": "FreeCurveInOut", "right_control": {"x": 234_667.0, "y": -0.47}}
    last |= {"curveType": "FreeCurveInOut", "left_control": {"x": -293_333.0, "y": 0.0}}
    reading = read(one_clip(common_keyframes=[frames]))
    scale = clips(reading)[0].placement.scale_x
    assert [each.interpolation for each in scale.keyframes] == [Interpolation.BEZIER, Interpolation.LINEAR]
    assert scale.keyframes[0].handle_out == pytest.approx((7.04, -0.47), abs=0.01)
    assert scale.keyframes[1].handle_in == pytest.approx((-8.8, 0.0), abs=0.01)
    values = [scale.value(at) for at in range(23)]
    assert values == sorted(values, reverse=True)
    assert values[11] < 1.25  # fast at first
    assert codes(reading) == [NoteCode.KEYFRAMES_EASED]


def test_a_curve_without_handles_is_a_straight_line_and_not_told() -> None:
    frames = _keyframes("KFTypeScaleX", (0, 1), (1, 2), curveType="FreeCurveInOut")
    reading = read(one_clip(common_keyframes=[frames]))
    assert clips(reading)[0].placement.scale_x.value(15) == 1.5
    assert codes(reading) == []


def test_ways_that_are_eased_by_name_begin_or_end_slowly() -> None:
    def quarter(kind: str) -> float:
        frames = _keyframes("KFTypeRotation", (0, 0), (1, 100), curveType=kind)
        return only_clip(one_clip(common_keyframes=[frames])).placement.rotation.value(8)

    assert quarter("EaseIn") < quarter("Line") < quarter("EaseOut")
    assert quarter("Hold") == 0


def test_keyframes_may_be_in_any_order_and_the_last_of_two_at_one_time_counts() -> None:
    frames = _keyframes("KFTypeRotation", (1, 100), (0, 7), (0, 0))
    rotation = only_clip(one_clip(common_keyframes=[frames])).placement.rotation
    assert [rotation.value(at) for at in (0, 15, 30)] == [0.0, 50.0, 100.0]


def test_keyframes_of_what_nothing_knows_are_told_by_name() -> None:
    reading = read(one_clip(common_keyframes=[_keyframes("KFTypeGlow", (0, 1))]))
    assert [(note.code, note.name) for note in reading.notes] == [(NoteCode.KEYFRAMES_UNKNOWN, "KFTypeGlow")]


def _animated(*animations: Json, duration: float = 2, **more: object) -> Json:
    return draft(
        track("video", segment("a", "picture", 0, duration, extra_material_refs=["m"], **more)),
        materials={"material_animations": [{"id": "m", "animations": list(animations)}]},
    )


def _animation(kind: str, name: str, duration: float = 0.5) -> Json:
    return {"type": kind, "name": name, "start": 0, "duration": round(duration * SECOND)}


def test_an_animation_at_the_end_is_counted_from_the_end_wherever_it_claims_to_start() -> None:
    placement = only_clip(_animated(_animation("in", "Fade In"), _animation("out", "Fade Out"))).placement
    opacity = [placement.opacity.value(at) for at in (0, 15, 45, 60)]
    assert opacity == [0.0, 1.0, 1.0, 0.0]


def test_animations_longer_than_their_clip_do_not_overlap() -> None:
    document = _animated(_animation("in", "Fade In", 9), _animation("out", "Fade Out", 9))
    keyframes = only_clip(document).placement.opacity.keyframes
    assert [each.at for each in keyframes] == sorted({each.at for each in keyframes})


def test_an_animation_gives_way_to_keyframes_and_says_so() -> None:
    moved = _keyframes("KFTypeAlpha", (0, 0.2), (1, 0.4))
    reading = read(_animated(_animation("in", "Fade In"), common_keyframes=[moved]))
    assert NoteCode.ANIMATION_UNDER_KEYFRAMES in codes(reading)
    assert clips(reading)[0].placement.opacity.value(0) == pytest.approx(0.2)


@pytest.mark.parametrize("kind", ["in", "out", "group", "loop"])
def test_an_animation_that_no_table_knows_is_told_by_name(kind: str) -> None:
    reading = read(_animated(_animation(kind, "Kira 游动")))
    assert [(note.code, note.name) for note in reading.notes] == [(NoteCode.ANIMATION_UNKNOWN, "Kira 游动")]


def _with(**lists: list[Json]) -> Json:
    names = [each["id"] for entries in lists.values() for each in entries]
    return draft(track("video", segment("a", "picture", 0, 2, extra_material_refs=names)), materials=dict(lists))


def test_a_blend_mode_stands_beside_the_segment_or_in_the_material() -> None:
    beside = _with(effects=[{"id": "m", "type": "mix_mode", "name": "正片叠底", "value": 1.0}])
    within = draft(track("video", segment("a", "v", 0, 2)), materials={"videos": [still("v", mix_mode="Multiply")]})
    assert [only_clip(each).blend_mode for each in (beside, within)] == [BlendMode.MULTIPLY] * 2
    unknown = read(_with(effects=[{"id": "m", "type": "mix_mode", "name": "Sparkle"}]))
    assert codes(unknown) == [NoteCode.BLEND_MODE_UNKNOWN]


def test_colours_are_adjusted_keyed_and_looked_up() -> None:
    found = only_clip(
        _with(
            effects=[
                {"id": "b", "type": "brightness", "value": 0.25},
                {"id": "s", "type": "saturation", "value": -0.5},
                {"id": "l", "type": "lut", "path": "x/warm.CUBE", "name": "Warm", "value": 0.8},
            ],
            chromas=[{"id": "c", "color": "#00ff00ff", "intensity_value": 0.3, "shadow_value": 0.1}],
        )
    )
    assert found.colour_adjustment is not None
    assert found.colour_adjustment.brightness == Curve.constant(0.25)
    assert found.colour_adjustment.contrast == Curve.constant(0.0)
    assert found.colour_adjustment.saturation == Curve.constant(-0.5)
    assert (found.lookup_table, found.lookup_table_strength) == ("x/warm.CUBE", 0.8)
    assert found.chroma_key is not None
    assert (found.chroma_key.colour.green, found.chroma_key.tolerance) == (255, 0.3)


def test_what_is_done_to_the_pixels_by_the_editor_s_own_means_is_told() -> None:
    retouched = still("v", matting={"flag": 1}, stable={"stable_level": 2}, video_algorithm={"algorithms": [{}]})
    reading = read(draft(track("video", segment("a", "v", 0, 2)), materials={"videos": [retouched]}))
    assert [note.name for note in reading.notes] == ["matting", "stabilising", "video_algorithm"]


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"loudnesses": [{"id": "x", "enable": False}]}, []),
        ({"loudnesses": [{"id": "x", "enable": True}]}, [NoteCode.SOUND_EFFECT]),
        ({"vocal_separations": [{"id": "x", "choice": 0}]}, []),
        ({"vocal_separations": [{"id": "x", "choice": 2}]}, [NoteCode.SOUND_EFFECT]),
        ({"sound_channel_mappings": [{"id": "x", "is_config_open": False}]}, []),
        ({"material_colors": [{"id": "x", "is_color_clip": False}]}, []),
        ({"effects": [{"id": "x", "type": "filter", "value": 0}]}, []),
        ({"effects": [{"id": "x", "type": "filter", "value": 1}]}, [NoteCode.FILTER]),
        ({"effects": [{"id": "x", "type": "sharpen", "value": 1}]}, [NoteCode.COLOUR_UNKNOWN]),
        ({"audio_effects": [{"id": "x", "name": "Robot"}]}, [NoteCode.SOUND_EFFECT]),
        ({"canvases": [{"id": "x", "type": "canvas_color", "color": ""}]}, []),
        ({"canvases": [{"id": "x", "type": "canvas_aurora"}]}, [NoteCode.BACKGROUND_UNKNOWN]),
        ({"placeholder_infos": [{"id": "x"}], "beats": [{"id": "y"}]}, []),
    ],
)
def test_what_does_nothing_is_not_told(lists: dict[str, list[Json]], told: list[NoteCode]) -> None:
    assert codes(read(_with(**lists))) == told


def test_only_the_main_track_fills_the_canvas_behind_it() -> None:
    blur = {"canvases": [{"id": "c", "type": "canvas_blur", "blur": 0.75}]}
    document = draft(
        track("video", segment("a", "picture", 0, 2, extra_material_refs=["c"])),
        track("video", segment("b", "picture", 0, 2, extra_material_refs=["c"])),
        materials=blur,
    )
    main, above = clips(read(document))
    assert main.fill_behind is not None
    assert above.fill_behind is None
