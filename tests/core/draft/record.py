"""Records drafts that pyJianYingDraft 0.3.1 writes, and what capcut-cli 0.23 makes of them: `recorded/README.md`.

Run it as `python -m tests.core.draft.record CAPCUT_CLI_FOLDER` with an interpreter that has pyJianYingDraft 0.3.1.
"""

import importlib
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recorded"
SECOND = 1_000_000

Writer = Callable[[Any, Any, "Shelf"], None]


class Shelf:
    """Materials without files: what the writer would have measured is given."""

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - the library has no types
        self._library = library

    def video(self, name: str, *, seconds: float, width: int = 1280, height: int = 720, kind: str = "video") -> Any:  # noqa: ANN401
        material = object.__new__(self._library.VideoMaterial)
        material.material_id, material.local_material_id = uuid.uuid4().hex, ""
        material.material_name, material.path = name, f"/home/author/drafts/{name}"
        material.duration, material.material_type = round(seconds * SECOND), kind
        material.width, material.height = width, height
        material.crop_settings = self._library.CropSettings()
        return material

    def still(self, name: str, *, width: int = 768, height: int = 1376) -> Any:  # noqa: ANN401
        return self.video(name, seconds=10_800, width=width, height=height, kind="photo")

    def sound(self, name: str, *, seconds: float) -> Any:  # noqa: ANN401
        material = object.__new__(self._library.AudioMaterial)
        material.material_id, material.material_name = uuid.uuid4().hex, name
        material.path, material.duration = f"/home/author/drafts/{name}", round(seconds * SECOND)
        return material


def _range(library: Any, start: float, duration: float) -> Any:  # noqa: ANN401
    return library.Timerange(round(start * SECOND), round(duration * SECOND))


def cuts(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    for place, start in enumerate((0.0, 2.0, 5.5)):
        clip = shelf.video(f"{place}.mp4", seconds=20)
        script.add_segment(d.VideoSegment(clip, _range(d, start, 2.0), source_timerange=_range(d, place, 2.0)), track)


def speeds(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    clip = shelf.video("a.mp4", seconds=60)
    script.add_segment(d.VideoSegment(clip, _range(d, 0, 3), source_timerange=_range(d, 1, 6)), track)
    script.add_segment(d.VideoSegment(clip, _range(d, 3, 4), source_timerange=_range(d, 8, 2)), track)
    script.add_segment(d.VideoSegment(clip, _range(d, 9, 1), speed=1.25, volume=0.5, change_pitch=True), track)


def placed(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    main = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    above = script.append_track(d.TrackSpec(d.TrackType.video, "above"))
    script.add_segment(d.VideoSegment(shelf.video("a.mp4", seconds=9), _range(d, 0, 5)), main)
    settings = d.ClipSettings(
        alpha=0.5, rotation=30, scale_x=0.4, scale_y=0.4, transform_x=0.5, transform_y=-0.25, flip_horizontal=True
    )
    script.add_segment(d.VideoSegment(shelf.still("b.png"), _range(d, 1, 3), clip_settings=settings), above)


def sounds(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    main = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    script.add_segment(d.VideoSegment(shelf.still("a.png"), _range(d, 0, 10)), main)
    music = script.append_track(d.TrackSpec(d.TrackType.audio, "music"))
    speech = script.append_track(d.TrackSpec(d.TrackType.audio, "speech"))
    silent = script.append_track(d.TrackSpec(d.TrackType.audio, "silent", mute=True))
    faded = d.AudioSegment(shelf.sound("music.mp3", seconds=180), _range(d, 0, 10), volume=0.3)
    script.add_segment(faded.add_fade("1s", "0.5s"), music)
    voice = d.AudioSegment(shelf.sound("voice.wav", seconds=8), _range(d, 2, 4), speed=1.5)
    voice.add_keyframe(0, 0.2)
    voice.add_keyframe(2 * SECOND, 1.0)
    script.add_segment(voice, speech)
    script.add_segment(d.AudioSegment(shelf.sound("never.mp3", seconds=5), _range(d, 0, 5)), silent)


def transitions(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    first = d.VideoSegment(shelf.still("a.png"), _range(d, 0, 3))
    second = d.VideoSegment(shelf.still("b.png"), _range(d, 3, 3))
    third = d.VideoSegment(shelf.still("c.png"), _range(d, 6, 3))
    first.add_transition(d.TransitionType.叠化, duration="0.5s")
    second.add_transition(d.TransitionType.云朵, duration="0.7s")
    third.add_transition(d.TransitionType.闪黑, duration="0.5s")
    for each in (first, second, third):
        script.add_segment(each, track)


def keyframes(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    clip = d.VideoSegment(shelf.still("a.png"), _range(d, 0, 4))
    for kind, values in (
        ("position_x", (-0.5, 0.5)),
        ("position_y", (0.0, 0.5)),
        ("rotation", (0.0, 90.0)),
        ("uniform_scale", (0.5, 1.5)),
        ("alpha", (0.0, 1.0)),
        ("brightness", (0.0, 0.4)),
    ):
        clip.add_keyframe(d.KeyframeProperty[kind], 0, values[0])
        clip.add_keyframe(d.KeyframeProperty[kind], 2 * SECOND, values[1])
    script.add_segment(clip, track)


def looks(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    main = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    above = script.append_track(d.TrackSpec(d.TrackType.video, "above"))
    filled = d.VideoSegment(shelf.still("a.png"), _range(d, 0, 2))
    script.add_segment(filled.add_background_filling("blur", 0.375), main)
    coloured = d.VideoSegment(shelf.still("b.png"), _range(d, 2, 2))
    script.add_segment(coloured.add_background_filling("color", color="#336699ff"), main)
    masked = d.VideoSegment(shelf.video("c.mp4", seconds=9), _range(d, 0, 2))
    masked.add_mask(d.MaskType.圆形, center_x=100, center_y=50, size=0.5, feather=20)
    masked.set_mix_mode(d.MixModeType.滤色)
    script.add_segment(masked, above)
    heart = d.VideoSegment(shelf.video("d.mp4", seconds=9), _range(d, 2, 2)).add_mask(d.MaskType.爱心)
    heart.add_filter(next(iter(d.FilterType)), 60)
    heart.add_effect(next(iter(d.VideoSceneEffectType)))
    script.add_segment(heart, above)


def animations(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    faded = d.VideoSegment(shelf.still("a.png"), _range(d, 0, 3))
    faded.add_animation(d.IntroType.渐显, duration="0.5s").add_animation(d.OutroType.渐隐, duration="1s")
    slid = d.VideoSegment(shelf.still("b.png"), _range(d, 3, 3))
    slid.add_animation(d.IntroType.向左滑动, duration="0.5s")
    told = d.VideoSegment(shelf.still("c.png"), _range(d, 6, 3)).add_animation(next(iter(d.GroupAnimationType)))
    for each in (faded, slid, told):
        script.add_segment(each, track)


def texts(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    main = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    script.add_segment(d.VideoSegment(shelf.still("a.png"), _range(d, 0, 6)), main)
    track = script.append_track(d.TrackSpec(d.TrackType.text, "words"))
    plain = d.TextSegment(
        "你好 😀 world",
        _range(d, 0, 2),
        style=d.TextStyle(size=10, color=(1.0, 0.5, 0.0), bold=True, align=1),
        border=d.TextBorder(color=(0.0, 0.0, 1.0), width=40),
        clip_settings=d.ClipSettings(transform_y=-0.8),
    )
    boxed = d.TextSegment(
        "two\nlines",
        _range(d, 2, 2),
        style=d.TextStyle(size=8, alpha=0.5, auto_wrapping=True, align=2),
        background=d.TextBackground(color="#ff0000", alpha=0.5, round_radius=0.2),
        shadow=d.TextShadow(),
    )
    boxed.add_animation(d.TextOutro.渐隐, duration="0.5s")
    flowered = d.TextSegment("flower", _range(d, 4, 2)).add_effect("7296357486490144036")
    for each in (plain, boxed, flowered):
        script.add_segment(each, track)


def film_rate(d: Any, script: Any, shelf: Shelf) -> None:  # noqa: ANN401
    track = script.append_track(d.TrackSpec(d.TrackType.video, "main"))
    clip = shelf.video("a.mp4", seconds=60)
    start = 0
    for length in (766_667, 333_333, 1_234_567, 41_708):
        script.add_segment(d.VideoSegment(clip, d.Timerange(start, length)), track)
        start += length


WRITERS: dict[str, tuple[int, int, Any, Writer]] = {
    "cuts": (1920, 1080, 30, cuts),
    "speeds": (1920, 1080, 25, speeds),
    "placed": (1080, 1920, 30, placed),
    "sounds": (1280, 720, 30, sounds),
    "transitions": (1072, 1920, 30, transitions),
    "keyframes": (1920, 1080, 30, keyframes),
    "looks": (1920, 1080, 30, looks),
    "animations": (1920, 1080, 30, animations),
    "texts": (1080, 1920, 30, texts),
    "film_rate": (1437, 1920, 24, film_rate),
}


def _numbered() -> Iterator[uuid.UUID]:
    return (uuid.UUID(int=number) for number in count(1))


def _written(name: str) -> dict[str, Any]:
    numbers = _numbered()
    uuid.uuid4 = lambda: next(numbers)  # the same ids each time
    library = importlib.import_module("pyJianYingDraft")
    script_type = library.ScriptFile
    width, height, fps, writer = WRITERS[name]
    script = script_type(width, height, fps, True)  # noqa: FBT003 - the library's own order
    writer(library, script, Shelf(library))
    document: dict[str, Any] = json.loads(script.dumps())
    for platform in ("platform", "last_modified_platform"):
        for secret in ("device_id", "hard_disk_id", "mac_address"):
            document.get(platform, {}).pop(secret, None)
    document["materials"] = {key: value for key, value in document["materials"].items() if value}
    return document


def _otio(document: dict[str, Any], *, cli: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        draft, otio = Path(folder) / "draft_content.json", Path(folder) / "timeline.otio"
        draft.write_text(json.dumps(document), encoding="utf-8")
        command = ["node", str(cli / "dist/index.js"), "export-timeline", str(draft), "--out", str(otio)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(otio.read_text(encoding="utf-8"))
        return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in WRITERS:
        document = _written(name)
        for suffix, content in (("json", document), ("otio.json", _otio(document, cli=Path(sys.argv[1])))):
            text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
            (FOLDER / f"{name}.{suffix}").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
