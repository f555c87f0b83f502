"""What editors write around a person's work is passed over; what the person did is drawn or told, and nothing else."""

import pytest

from mediaproc.core.draft import DraftReading, TimelineFile, read_draft
from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import MaskShape, TransitionKind
from tests.core.draft.app_made import AppMade
from tests.core.draft.drafts import SECOND, Json, clip


def _read(made: AppMade) -> DraftReading:
    return read_draft([TimelineFile(name="draft_content.json", content=made.content())])


def _told(reading: DraftReading) -> list[tuple[str, str]]:
    return [(note.flag.removeprefix("note:"), note.name) for note in reading.notes]


def test_two_stills_with_a_dissolve_last_as_long_as_without() -> None:
    made = AppMade(width=1072, height=1920)
    dissolve = made.material("transitions", type="transition", name="Dissolve", duration=466_666, is_overlap=False)
    made.track("video", made.clip(made.still("a"), 0, 5, dissolve), made.clip(made.still("b"), 5, 5))
    reading = _read(made)
    assert reading.timeline.frames == 300
    (layer,) = reading.timeline.layers
    (transition,) = layer.transitions
    assert (transition.kind, transition.first, transition.end) == (TransitionKind.FADE, 143, 157)
    assert _told(reading) == [("transition:approximated", "Dissolve")]


def test_a_masked_still_under_a_filter() -> None:
    made = AppMade(width=1072, height=1920)
    config = {"width": 0.5, "height": 0.28, "centerX": 0.0, "centerY": 0.0, "rotation": 0.0, "feather": 0.0,
              "expansion": 0.0, "roundCorner": 0.0, "invert": False, "aspectRatio": 1.0}  # fmt: skip
    mask = made.material("common_mask", type="mask", name="Circle", resource_type="circle", config=config)
    made.track("video", made.clip(made.still("a"), 0, 5, mask))
    vintage = made.material("effects", type="filter", name="Vintage", value=0.5, adjust_params=[])
    made.track("filter", made.segment(vintage, 0, 3, render_index=10_000, uniform_scale=None))
    reading = _read(made)
    found = reading.timeline.layers[0].clips[0].mask
    assert found is not None
    assert (found.shape, found.centre_x, found.width, found.height) == (MaskShape.ELLIPSE, 0.5, 0.5, 0.28)
    assert _told(reading) == [("mask:approximated", "Circle"), ("filter:told", "Vintage")]


def _style(first: int, end: int, colour: list[float], **more: object) -> Json:
    return {
        "fill": {"content": {"render_type": "solid", "solid": {"color": colour}}},
        "font": {"path": "/fixtures/assets/en.ttf", "id": ""},
        "size": 15,
        "range": [first, end],
        **more,
    }


def test_a_caption_with_a_coloured_keyword_fades_in_and_out() -> None:
    made = AppMade(width=1072, height=1920)
    made.track("video", made.clip(made.still("a"), 0, 5))
    violet = [0.5490196347236633, 0.42352941632270813, 1]
    styles = [_style(0, 4, [1, 1, 1]), _style(4, 9, violet, useLetterColor=True), _style(9, 10, [1, 1, 1])]
    fades = [
        {"id": "1", "type": "in", "name": "Fade In", "start": 0, "duration": 500_000, "anim_adjust_params": None},
        {"id": "2", "type": "out", "name": "Fade Out", "start": 0, "duration": 500_000, "category_id": "chuchang"},
    ]
    animations = made.material("material_animations", type="sticker_animation", animations=fades)
    caption = made.segment(made.text("ALL VIOLET", styles), 0, 3, animations, clip=clip(), render_index=14_000)
    made.track("text", caption)
    reading = _read(made)
    text = reading.timeline.layers[1].texts[0]
    assert [text.words[run.first : run.end] for run in text.runs] == ["ALL ", "VIOLE", "T"]
    assert text.runs[1].style.colour.red == 140
    assert [round(text.placement.opacity.value(at), 3) for at in (0, 15, 75, 90)] == [0.0, 1.0, 1.0, 0.0]
    assert (text.wrap_width, text.background, text.runs[0].style.stroke) == (None, None, None)
    assert _told(reading) == [
        ("text:approximated", ""),
        ("animation:approximated", "Fade In"),
        ("animation:approximated", "Fade Out"),
    ]


def test_slow_zooms_with_handles_are_told_once_for_each_property() -> None:
    made = AppMade(width=1072, height=1920)

    def zoom(kind: str) -> Json:
        first = {
            "curveType": "FreeCurveInOut",
            "time_offset": 0,
            "values": [1.5],
            "right_control": {"x": 234_667.0, "y": -0.47},
        }
        last = {
            "curveType": "FreeCurveInOut",
            "time_offset": 733_333,
            "values": [1.0],
            "left_control": {"x": -293_333.0, "y": 0.0},
        }
        return {"property_type": kind, "material_id": "", "keyframe_list": [first, last]}

    zooms = [zoom("KFTypeScaleX"), zoom("KFTypeScaleY")]
    made.track("video", *(made.clip(made.still("a"), n * 0.733333, 0.733333, common_keyframes=zooms) for n in range(3)))
    reading = _read(made)
    clips = reading.timeline.layers[0].clips
    assert [(each.first, each.frames) for each in clips] == [(0, 22), (22, 22), (44, 22)]
    assert clips[0].placement.scale_x == clips[0].placement.scale_y
    assert _told(reading) == [("keyframe:approximated", "ScaleX"), ("keyframe:approximated", "ScaleY")] * 3


def test_a_long_talk_of_two_cameras_of_which_one_is_muted_and_much_is_hidden() -> None:
    made = AppMade(width=1920, height=1080, rate=None)
    first, second = made.video("first"), made.video("second")
    made.track("video", *(made.clip(first, n, 1, visible=n % 2 == 0) for n in range(10)))
    made.track("video", *(made.clip(second, n, 1, visible=n % 2 == 1, render_index=1) for n in range(10)), attribute=1)
    reading = _read(made)
    low, high = reading.timeline.layers
    assert [each.first for each in low.clips] == [0, 60, 120, 180, 240]
    assert [each.first for each in high.clips] == [30, 90, 150, 210, 270]
    assert len(reading.timeline.sounds) == 5
    assert [note.code for note in reading.notes] == [NoteCode.RATE_ASSUMED]


def test_captions_lie_at_the_bottom_one_after_the_other() -> None:
    made = AppMade(width=1080, height=1920)
    made.track("video", made.clip(made.video("a"), 0, 28))
    low = clip(transform={"x": 0.0, "y": -0.8})
    lines = [made.text(f"line {n}", [_style(0, 6, [1, 1, 1])], type="subtitle") for n in range(28)]
    shown = [made.segment(line, n, 1, clip=low, render_index=14_000) for n, line in enumerate(lines)]
    made.track("text", *shown, flag=1)
    reading = _read(made)
    texts = reading.timeline.layers[1].texts
    assert [each.first for each in texts] == [30 * n for n in range(28)]
    assert [each.placement.centre_y.value(0) for each in texts] == pytest.approx([1728.0] * 28)
    assert [each.wrap_width for each in texts] == pytest.approx([0.82 * 1080] * 28)
    assert _told(reading) == [("text:approximated", "")] * 28


def test_a_picture_with_music_that_fades_out_in_a_canvas_of_an_odd_width() -> None:
    made = AppMade(width=1437, height=1920)
    gone = made.material(
        "material_animations", animations=[{"type": "out", "name": "渐隐", "start": 4_500_000, "duration": 500_000}]
    )
    made.track("video", made.clip(made.still("a"), 0, 5, gone))
    fade = made.material("audio_fades", type="audio_fade", fade_in_duration=0, fade_out_duration=1_200_000, fade_type=0)
    source = {"start": 3 * SECOND, "duration": 5 * SECOND}
    made.track("audio", made.segment(made.sound("music"), 0, 5, fade, source_timerange=source, volume=0.6))
    reading = _read(made)
    (heard,) = reading.timeline.sounds
    assert (heard.source_start, heard.fade_in, heard.fade_out, heard.gain.value(0)) == (3 * SECOND, 0, 1_200_000, 0.6)
    assert reading.timeline.canvas.width == 1437
    assert _told(reading) == [("animation:approximated", "渐隐")]


def test_effects_stickers_and_templates_are_told_and_all_else_is_drawn() -> None:
    made = AppMade(width=1072, height=1920)
    shake = made.material("video_effects", type="video_effect", name="Shake", value=1.0, apply_target_type=2)
    made.track("video", made.clip(made.video("a"), 0, 5))
    made.track("effect", made.segment(shake, 1, 2, render_index=11_000))
    star = made.material("stickers", type="sticker", name="", resource_id="7311", sticker_id="7311")
    made.track("sticker", made.segment(star, 0, 2, clip=clip(), render_index=14_000))
    title = made.material("text_templates", type="text_template", name="Big Title", text_info_resources=[])
    made.track("text", made.segment(title, 2, 2, clip=clip(), render_index=14_000))
    reading = _read(made)
    assert len(reading.timeline.layers) == 1
    assert _told(reading) == [("sticker:told", "7311"), ("effect:told", "Shake"), ("template:told", "Big Title")]
