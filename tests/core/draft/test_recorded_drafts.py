"""Drafts that pyJianYingDraft wrote are read as capcut-cli reads them, and told of where they cannot be drawn."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.draft import DraftReading, TimelineFile, read_draft
from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import (
    Blur,
    Clip,
    Colour,
    FrameGrid,
    Layer,
    MaskShape,
    Material,
    Sound,
    Timeline,
    TransitionKind,
)

RECORDED = Path(__file__).parent / "recorded"
NAMES = sorted(path.stem for path in RECORDED.glob("*.json") if not path.stem.endswith(".otio"))

# Segments of a muted audio track and of clips; capcut-cli exports what is muted, we leave it out.
_MUTED = {"sounds": 1}


def _read(name: str) -> DraftReading:
    return read_draft([TimelineFile(name="draft_content.json", content=(RECORDED / f"{name}.json").read_bytes())])


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A clip of capcut-cli's timeline, in seconds."""

    start: float
    source_start: float
    source_duration: float
    speed: float
    volume: float
    url: str

    @property
    def duration(self) -> float:
        return self.source_duration / self.speed


def _placed(otio: dict[str, Any], *, kind: str) -> Iterator[tuple[str, _Placed]]:
    for track in otio["tracks"]["children"]:
        at = 0.0
        for child in track["children"]:
            source = child["source_range"]
            duration = source["duration"]["value"] / source["duration"]["rate"]
            if child["OTIO_SCHEMA"] == "Gap.1":
                at += duration
                continue
            said = child["metadata"]["capcut"]
            found = _Placed(
                start=at,
                source_start=source["start_time"]["value"] / source["start_time"]["rate"],
                source_duration=duration,
                speed=said["speed"],
                volume=said["volume"],
                url=child["media_reference"]["target_url"],
            )
            at += found.duration
            if track["kind"] == kind:
                yield said["segment_id"], found


def _assert_same(ours: Clip | Sound, theirs: _Placed, *, rate: Fraction) -> None:
    grid = FrameGrid(rate=rate)
    # Theirs is rounded where it begins, where it ends and in its source: each is at most half a frame off.
    frame = 1 / rate
    assert float(ours.first / rate) == pytest.approx(theirs.start, abs=float(frame))
    assert float(ours.frames / rate) == pytest.approx(theirs.duration, abs=float(frame))
    assert grid.frame(ours.source_start) == round(theirs.source_start * rate)
    assert grid.frame(ours.source_duration) == round(theirs.source_duration * rate)
    assert float(ours.speed) == pytest.approx(theirs.speed)
    assert isinstance(ours.source, Material)
    assert ours.source.name == theirs.url


@pytest.mark.parametrize("name", NAMES)
def test_the_timeline_is_the_one_that_capcut_cli_exports(name: str) -> None:
    timeline = _read(name).timeline
    otio = json.loads((RECORDED / f"{name}.otio.json").read_text(encoding="utf-8"))
    pictures, sounds = dict(_placed(otio, kind="Video")), dict(_placed(otio, kind="Audio"))
    clips = [clip for layer in timeline.layers for clip in layer.clips]
    assert [clip.id for clip in clips] == list(pictures)
    for clip in clips:
        _assert_same(clip, pictures[clip.id], rate=timeline.rate)
    heard = {each.id: each for each in timeline.sounds}
    assert len(sounds) - len(sounds.keys() & heard.keys()) == _MUTED.get(name, 0)
    for id_, theirs in (pictures | sounds).items():
        if id_ in heard:
            _assert_same(heard[id_], theirs, rate=timeline.rate)
            ours = heard[id_].gain
            assert len(ours.keyframes) > 1 or ours.value(0) == pytest.approx(theirs.volume)


def test_a_draft_has_the_canvas_and_the_rate_that_it_names() -> None:
    timeline = _read("film_rate").timeline
    assert (timeline.canvas.width, timeline.canvas.height, timeline.rate) == (1437, 1920, Fraction(24))
    (layer,) = timeline.layers
    assert [(clip.first, clip.frames) for clip in layer.clips] == [(0, 18), (18, 8), (26, 30), (56, 1)]
    assert timeline.frames == 57


def test_a_small_picture_above_lies_where_its_writer_put_it() -> None:
    _, above = (clip for layer in _read("placed").timeline.layers for clip in layer.clips)
    placement = above.placement
    assert (placement.centre_x.value(0), placement.centre_y.value(0)) == (810.0, 1200.0)
    assert (placement.scale_x.value(0), placement.rotation.value(0), placement.opacity.value(0)) == (0.4, 30.0, 0.5)
    assert (placement.flip_horizontal, placement.flip_vertical) == (True, False)


def test_sounds_fade_change_and_keep_silent_where_their_track_is_muted() -> None:
    music, voice = _read("sounds").timeline.sounds
    assert (music.fade_in, music.fade_out, music.gain.value(0)) == (1_000_000, 500_000, 0.3)
    assert [voice.gain.value(at) for at in (0, 30, 60, 90)] == pytest.approx([0.2, 0.6, 1.0, 1.0])
    assert voice.keeps_pitch


def test_a_pitch_that_follows_the_speed_is_kept_apart() -> None:
    assert [each.keeps_pitch for each in _read("speeds").timeline.sounds] == [True, True, False]


def test_transitions_move_no_cut() -> None:
    reading = _read("transitions")
    (layer,) = reading.timeline.layers
    assert [clip.first for clip in layer.clips] == [0, 90, 180]
    dissolve, unknown = layer.transitions
    assert (dissolve.kind, dissolve.first, dissolve.frames, dissolve.before) == (TransitionKind.FADE, 83, 15, 0)
    assert (unknown.kind, unknown.first, unknown.frames, unknown.before) == (TransitionKind.FADE, 170, 21, 1)
    assert [note.code for note in reading.notes] == [
        NoteCode.TRANSITION_APPROXIMATED,
        NoteCode.TRANSITION_UNKNOWN,
        NoteCode.TRANSITION_ALONE,
    ]


def test_keyframes_override_what_stands_still() -> None:
    (layer,) = _read("keyframes").timeline.layers
    (clip,) = layer.clips
    assert [clip.placement.centre_x.value(at) for at in (0, 30, 60, 100)] == [480.0, 960.0, 1440.0, 1440.0]
    assert [clip.placement.centre_y.value(at) for at in (0, 60)] == [540.0, 270.0]
    assert [clip.placement.scale_y.value(at) for at in (0, 30, 60)] == [0.5, 1.0, 1.5]
    assert clip.placement.rotation.value(30) == 45.0
    assert clip.placement.opacity.value(15) == 0.25
    assert clip.colour_adjustment is not None
    assert clip.colour_adjustment.brightness.value(30) == pytest.approx(0.2)


def test_what_fills_the_canvas_and_what_masks_a_clip_is_read() -> None:
    reading = _read("looks")
    main, above = reading.timeline.layers
    assert [clip.fill_behind for clip in main.clips] == [Blur(strength=0.375), Colour(red=51, green=102, blue=153)]
    masked, whole = above.clips
    assert masked.mask is not None
    assert masked.mask.shape is MaskShape.ELLIPSE
    # 100 pixels of 1280 to the right of the middle, 50 of 720 above it; a circle as high as half the picture.
    assert masked.mask.centre_x == pytest.approx(0.5 + 100 / 1280)
    assert masked.mask.centre_y == pytest.approx(0.5 - 50 / 720)
    assert masked.mask.width == pytest.approx(360 / 1280)
    assert masked.blend_mode == "screen"
    assert whole.mask is None
    told = {note.code for note in reading.notes if note.done == "told"}
    assert told == {NoteCode.MASK_UNKNOWN, NoteCode.FILTER, NoteCode.EFFECT}


def test_animations_are_keyframes_where_something_is_close_to_them() -> None:
    reading = _read("animations")
    faded, slid, still = (clip.placement for layer in reading.timeline.layers for clip in layer.clips)
    assert [faded.opacity.value(at) for at in (0, 15, 60, 75, 90)] == pytest.approx([0.0, 1.0, 1.0, 0.5, 0.0])
    assert [slid.centre_x.value(at) for at in (0, 15, 89)] == [2880.0, 960.0, 960.0]
    assert still.opacity.is_constant
    assert [note.code for note in reading.notes][-1] is NoteCode.ANIMATION_UNKNOWN


def test_words_have_their_styles_boxes_and_lines() -> None:
    reading = _read("texts")
    plain, boxed, flowered = (text for layer in reading.timeline.layers for text in layer.texts)
    assert plain.words == "你好 😀 world"
    (run,) = plain.runs
    assert (run.first, run.end) == (0, len(plain.words))
    assert run.style.colour == Colour(red=255, green=128, blue=0)
    assert run.style.is_bold
    assert run.style.line_height == pytest.approx(10 * 1080 / 172)
    assert run.style.stroke is not None
    assert run.style.stroke.width == pytest.approx(0.08)
    assert plain.placement.centre_y.value(0) == pytest.approx(1728.0)
    assert boxed.background is not None
    assert boxed.background.colour == Colour(red=255, green=0, blue=0, alpha=128)
    assert boxed.wrap_width == pytest.approx(0.82 * 1080)
    assert [boxed.placement.opacity.value(at) for at in (0, 45, 60)] == pytest.approx([0.5, 0.5, 0.0])
    assert flowered.words == "flower"
    assert NoteCode.TEXT_EFFECT in {note.code for note in reading.notes}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_draft_gives_the_same_timeline_and_notes(name: str) -> None:
    assert _read(name) == _read(name)


def test_no_recorded_draft_names_a_machine() -> None:
    for path in RECORDED.glob("*.json"):
        content = path.read_text(encoding="utf-8")
        assert not any(secret in content for secret in ("device_id", "hard_disk_id", "mac_address"))


def test_the_comparison_would_see_a_clip_that_is_a_frame_late() -> None:
    timeline = _read("cuts").timeline
    otio = json.loads((RECORDED / "cuts.otio.json").read_text(encoding="utf-8"))
    id_, theirs = next(_placed(otio, kind="Video"))
    (ours,) = (clip for layer in timeline.layers for clip in layer.clips if clip.id == id_)
    late = _Placed(**(vars(theirs) | {"start": theirs.start + 2 / 30}))
    with pytest.raises(AssertionError):
        _assert_same(ours, late, rate=timeline.rate)
    assert isinstance(timeline, Timeline)
    assert isinstance(timeline.layers[0], Layer)
