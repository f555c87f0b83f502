"""Drafts in the shape that CapCut 8 and JianYing 5 write, with materials made for them, and what must be told of each.

The shapes are those of real drafts that people published; no content of them is in here. The notes are listed by hand,
by what the format's description says is drawn, approximated or told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.core.draft.app_made import AppMade
from tests.core.draft.drafts import SECOND, Json, clip
from tests.drafts.cards import Card
from tests.drafts.materials import Film, Tone, write_film, write_tone

Note = tuple[str, str, str]
_QUARTERS = ((200, 60, 50), (60, 170, 80), (60, 80, 200), (210, 190, 60))


@dataclass(frozen=True, kw_only=True)
class AppDraft:
    """One draft and what must be told of it: feature, what was done, name, as often as each."""

    name: str
    build: Callable[[], AppMade]
    frames: int
    notes: Sequence[Note]

    def into(self, folder: Path) -> Path:
        """Write its folder, with a file of the claimed size and length for each material."""
        made = self.build()
        (folder / "Resources").mkdir(parents=True)
        for entry in made.materials["videos"]:
            target = folder / "Resources" / _basename(entry)
            card = Card(width=entry["width"], height=entry["height"], quarters=_QUARTERS)
            if entry["type"] == "photo":
                Image.fromarray(card.drawn(7)[..., :3]).save(target)
            else:
                film = Film(card=card, rate=30, seconds=entry["duration"] / SECOND, tone=440)
                write_film(film, target)
        for entry in made.materials["audios"]:
            write_tone(Tone(hertz=880, seconds=entry["duration"] / SECOND), folder / "Resources" / _basename(entry))
        (folder / "draft_content.json").write_bytes(made.content())
        return folder


def _basename(entry: Json) -> str:
    path: str = entry["path"]
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _lasting(made: AppMade, list_name: str, seconds: float) -> None:
    """The material that was added last is so long."""
    made.materials[list_name][-1]["duration"] = round(seconds * SECOND)


def _dissolve() -> AppMade:
    made = AppMade(width=1072, height=1920)
    dissolve = made.material("transitions", type="transition", name="Dissolve", duration=466_666, is_overlap=False)
    made.track("video", made.clip(made.still("a"), 0, 5, dissolve), made.clip(made.still("b"), 5, 5))
    return made


def _mask_and_filter() -> AppMade:
    made = AppMade(width=1072, height=1920)
    config = {"width": 0.5, "height": 0.28, "centerX": 0.0, "centerY": 0.0, "rotation": 0.0, "feather": 0.0,
              "expansion": 0.0, "roundCorner": 0.0, "invert": False, "aspectRatio": 1.0}  # fmt: skip
    mask = made.material("common_mask", type="mask", name="Circle", resource_type="circle", config=config)
    made.track("video", made.clip(made.still("a"), 0, 5, mask))
    vintage = made.material("effects", type="filter", name="Vintage", value=0.5, adjust_params=[])
    made.track("filter", made.segment(vintage, 0, 3, render_index=10_000, uniform_scale=None))
    return made


def _style(first: int, end: int, colour: Sequence[float], **more: object) -> Json:
    return {
        "fill": {"content": {"render_type": "solid", "solid": {"color": list(colour)}}},
        "font": {"path": "/fixtures/cache/effect/7457/CC-DerStil.ttf", "id": "7457"},
        "size": 12,
        "bold": True,
        "range": [first, end],
        **more,
    }


def _keyword() -> AppMade:
    made = AppMade(width=1072, height=1920)
    made.track("video", made.clip(made.still("a"), 0, 5))
    styles = [_style(0, 4, (1, 1, 1)), _style(4, 10, (0.55, 0.42, 1))]
    fades = [
        {"id": "1", "type": "in", "name": "Fade In", "start": 0, "duration": 500_000},
        {"id": "2", "type": "out", "name": "Fade Out", "start": 0, "duration": 500_000},
    ]
    animations = made.material("material_animations", type="sticker_animation", animations=fades)
    caption = made.text("ALL VIOLET", styles)
    made.track("text", made.segment(caption, 0, 3, animations, clip=clip(), render_index=14_000))
    return made


def _zoom(kind: str) -> Json:
    first = {"time_offset": 0, "values": [1.5], "right_control": {"x": 234_667.0, "y": -0.47}}
    last = {"time_offset": 733_333, "values": [1.0], "left_control": {"x": -293_333.0, "y": 0.0}}
    for each in (first, last):
        each["curveType"] = "FreeCurveInOut"
    return {"property_type": kind, "material_id": "", "keyframe_list": [first, last]}


def _slow_zooms() -> AppMade:
    """Pictures of 0.77 s that shrink, a voice, music that is mute, and a caption; sounds stand before the pictures."""
    made = AppMade(width=1080, height=1920)
    placed = "##_draftpath_placeholder_0E685133-18CE-45ED-8CB8-2904A212EC80_##\\Resources\\"
    zooms = [_zoom("KFTypeScaleX"), _zoom("KFTypeScaleY")]
    length = 0.766666
    music, voice = made.sound("music"), made.sound("voice")
    for entry in made.materials["audios"]:
        entry.update(path=f"{placed}{_basename(entry)}", duration=8 * SECOND)
    source = {"source_timerange": {"start": 0, "duration": 3_033_333}}
    made.track("audio", made.segment(music, 0, 3.533333, volume=0.5, uniform_scale=None), attribute=1, flag=3)
    made.track("audio", made.segment(voice, 0.5, 3, uniform_scale=None, **source), flag=3)
    pictures = [made.still(f"picture{n}") for n in range(4)]
    for entry in made.materials["videos"]:
        entry.update(path=f"{placed}{_basename(entry)}", duration=5 * SECOND)
    grown = {"common_keyframes": zooms, "uniform_scale": {"on": False, "value": 1.0}}
    made.track("video", *(made.clip(each, n * length, length, **grown) for n, each in enumerate(pictures)))
    low = clip(transform={"x": 0.0, "y": -0.56})
    stroke = {"strokes": [{"content": {"solid": {"color": [0, 0, 0]}}, "width": 0.0305, "mode": 0}]}
    words = made.text("LOREM LOREM LOREM LOREM", [_style(0, 23, (1, 1, 1), **stroke)], type="subtitle")
    made.track("text", made.segment(words, 0.5, 2.5, clip=low, render_index=14_000), flag=1)
    return made


def _two_cameras() -> AppMade:
    made = AppMade(width=1280, height=720, rate=None)
    first, second = made.video("first"), made.video("second")
    for entry in made.materials["videos"]:
        entry["duration"] = 8 * SECOND
    made.track("video", *(made.clip(first, n, 1, visible=n % 2 == 0) for n in range(6)))
    made.track("video", *(made.clip(second, n, 1, visible=n % 2 == 1, render_index=1) for n in range(6)), attribute=1)
    return made


def _captions() -> AppMade:
    """Each caption has a height of its own within its track."""
    made = AppMade(width=1080, height=1920)
    film = made.video("a")
    _lasting(made, "videos", 8)
    made.track("video", made.clip(film, 0, 7))
    low = clip(transform={"x": 0.0, "y": -0.56})
    lines = [made.text(f"line {n}", [_style(0, 6, (1, 1, 1))], type="subtitle") for n in range(28)]
    shown = [made.segment(each, n / 4, 0.25, clip=low, render_index=14_000 + n) for n, each in enumerate(lines)]
    made.track("text", *shown, flag=1)
    return made


def _odd_canvas() -> AppMade:
    made = AppMade(width=1437, height=1920)
    leaves = [{"type": "out", "name": "渐隐", "start": 4_500_000, "duration": 500_000}]
    gone = made.material("material_animations", animations=leaves)
    made.track("video", made.clip(made.still("a"), 0, 5, gone))
    fade = made.material("audio_fades", type="audio_fade", fade_in_duration=0, fade_out_duration=1_200_000, fade_type=0)
    source = {"start": 3 * SECOND, "duration": 5 * SECOND}
    music = made.sound("music")
    _lasting(made, "audios", 10)
    made.track("audio", made.segment(music, 0, 5, fade, source_timerange=source, volume=0.6))
    return made


def _effects() -> AppMade:
    made = AppMade(width=1072, height=1920)
    shake = made.material("video_effects", type="video_effect", name="Shake", value=1.0, apply_target_type=2)
    film = made.video("a")
    _lasting(made, "videos", 8)
    made.track("video", made.clip(film, 0, 5))
    made.track("effect", made.segment(shake, 1, 2, render_index=11_000))
    return made


def _stickers() -> AppMade:
    made = AppMade(width=1072, height=1920)
    made.track("video", made.clip(made.still("a"), 0, 5))
    enters = [{"id": "", "type": "in", "name": "Fade In", "start": 0, "duration": 500_000}]
    animation = made.material("material_animations", type="sticker_animation", animations=enters)
    circle = made.material("stickers", type="sticker", name="Simple Circle", resource_id="72", sticker_id="72")
    made.track("sticker", made.segment(circle, 0, 3, animation, clip=clip(), render_index=14_000))
    title = made.material("text_templates", type="text_template", name="Big Title", text_info_resources=[])
    made.track("text", made.segment(title, 2, 2, clip=clip(), render_index=14_000))
    return made


# In place of the name of the open face that this machine has for the words.
FACE = "a face of this machine"
_FONT = "CC-DerStil.ttf"
_TEXT: tuple[Note, ...] = tuple(("text", "approximated", name) for name in ("", _FONT, FACE))


def without_face_names(notes: Sequence[Note]) -> list[Note]:
    """The notes, with the same name for whichever face took the place of the one that did not come with the draft."""
    known = {"", _FONT}
    return [(feature, done, FACE if feature == "text" and name not in known else name) for feature, done, name in notes]


APP_DRAFTS: tuple[AppDraft, ...] = (
    AppDraft(name="dissolve", build=_dissolve, frames=300, notes=[("transition", "approximated", "Dissolve")]),
    AppDraft(
        name="mask and filter",
        build=_mask_and_filter,
        frames=150,
        notes=[("mask", "approximated", "Circle"), ("filter", "told", "Vintage")],
    ),
    AppDraft(
        name="keyword",
        build=_keyword,
        frames=150,
        notes=[*_TEXT, ("animation", "approximated", "Fade In"), ("animation", "approximated", "Fade Out")],
    ),
    AppDraft(
        name="slow zooms",
        build=_slow_zooms,
        frames=106,
        notes=[
            *(("keyframe", "approximated", name) for _ in range(4) for name in ("ScaleX", "ScaleY")),
            ("speed", "told", ""),
            *_TEXT,
        ],
    ),
    AppDraft(name="two cameras", build=_two_cameras, frames=180, notes=[("timing", "told", "")]),
    AppDraft(name="28 captions", build=_captions, frames=210, notes=[*_TEXT * 28]),
    AppDraft(
        name="odd canvas",
        build=_odd_canvas,
        frames=150,
        notes=[("animation", "approximated", "渐隐"), ("background", "approximated", "")],
    ),
    AppDraft(name="effects", build=_effects, frames=150, notes=[("effect", "told", "Shake")]),
    AppDraft(
        name="stickers",
        build=_stickers,
        frames=150,
        notes=[("sticker", "told", "Simple Circle"), ("template", "told", "Big Title")],
    ),
)
