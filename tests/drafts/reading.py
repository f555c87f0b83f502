"""What a draft's JSON says is seen and heard, by the format's formulas alone; the product's reader is not asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from tests.drafts.geometry import Placed, contained

Json: TypeAlias = dict[str, Any]
Points: TypeAlias = list[tuple[float, float]]

SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Transition:
    """From one segment to the next of its track; both are drawn in its window."""

    name: str
    first: int
    frames: int


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment with its material, in frames of the timeline and seconds of the material."""

    id: str
    material: Json
    first: int
    end: int
    start: float
    duration: float
    source_start: float
    speed: float
    clip: Json
    is_uniform: bool
    keyframes: Mapping[str, Points]
    extras: Mapping[str, list[Json]]
    volume: float
    pitch_follows: bool

    @property
    def name(self) -> str:
        """The material's file."""
        return Path(self.material["path"]).name

    def value(self, kind: str, at: float, default: float) -> float:
        """The keyframed value so many seconds after the beginning, straight between two keyframes."""
        points = self.keyframes.get(kind)
        if not points:
            return default
        if at <= points[0][0]:
            return points[0][1]
        for (before, low), (after, high) in pairwise(points):
            if at <= after:
                return low + (high - low) * (at - before) / (after - before)
        return points[-1][1]

    @property
    def moves(self) -> bool:
        """Whether its place, size or angle changes over time."""
        return any(kind not in {"KFTypeAlpha", "KFTypeVolume"} for kind in self.keyframes)

    @property
    def is_turned(self) -> bool:
        """Whether it ever stands otherwise than upright or upside down."""
        return "KFTypeRotation" in self.keyframes or self.clip["rotation"] % 180 != 0


@dataclass(frozen=True, kw_only=True)
class Track:
    kind: str
    is_muted: bool
    is_main: bool
    segments: list[Segment]

    def transitions(self, draft: "Draft") -> list[tuple[Segment, Segment, Transition]]:
        """The transitions between neighbours that touch: named by the earlier one, half before and half after."""
        found = []
        for before, after in pairwise(self.segments):
            for written in before.extras.get("transitions", []):
                frames = draft.frame(written["duration"])
                first = before.end - frames // 2
                if before.end == after.first:
                    found.append((before, after, Transition(name=written["name"], first=first, frames=frames)))
        return found


class Draft:
    """A draft as one reads it with the format's description beside it."""

    def __init__(self, document: Json) -> None:
        canvas = document["canvas_config"]
        self.canvas: tuple[int, int] = (canvas["width"], canvas["height"])
        self.rate = float(document["fps"])
        self.frames = self.frame(document["duration"])
        self._materials = {
            entry["id"]: (name, entry) for name, entries in document["materials"].items() for entry in entries
        }
        main = next((track for track in document["tracks"] if track["type"] == "video"), None)
        self.tracks = [
            Track(
                kind=track["type"],
                is_muted=bool(track["attribute"] & 1),
                is_main=track is main,
                segments=[self._segment(each) for each in track["segments"]],
            )
            for track in document["tracks"]
        ]

    @classmethod
    def of(cls, folder: Path) -> "Draft":
        return cls(json.loads((folder / "draft_content.json").read_text(encoding="utf-8")))

    def frame(self, microseconds: float) -> int:
        return int(microseconds * self.rate / SECOND + 0.5)

    @property
    def pictures(self) -> list[Track]:
        """The video tracks from the lowest on."""
        return [track for track in self.tracks if track.kind == "video"]

    def placed(self, segment: Segment, frame: int) -> Placed:
        """Where the segment's picture lies at a frame of the timeline."""
        at = (frame - segment.first) / self.rate
        clip, canvas = segment.clip, self.canvas
        x = segment.value("KFTypePositionX", at, clip["transform"]["x"])
        y = segment.value("KFTypePositionY", at, clip["transform"]["y"])
        scale_x = segment.value("KFTypeScaleX", at, clip["scale"]["x"])
        scale_y = scale_x if segment.is_uniform else segment.value("KFTypeScaleY", at, clip["scale"]["y"])
        left, top, right, bottom = crop_of(segment)
        width, height = contained(
            segment.material["width"] * (right - left), segment.material["height"] * (bottom - top), canvas=canvas
        )
        return Placed(
            centre=(canvas[0] / 2 * (1 + x), canvas[1] / 2 * (1 - y)),
            width=width * scale_x,
            height=height * scale_y,
            degrees=segment.value("KFTypeRotation", at, clip["rotation"]),
            flip_horizontal=clip["flip"]["horizontal"],
            flip_vertical=clip["flip"]["vertical"],
        )

    def opacity(self, segment: Segment, frame: int) -> float:
        return segment.value("KFTypeAlpha", (frame - segment.first) / self.rate, segment.clip["alpha"])

    def source_time(self, segment: Segment, frame: int) -> float:
        """Seconds of the material at a frame of the timeline, also before and after the segment."""
        return segment.source_start + (frame - segment.first) / self.rate * segment.speed

    def _segment(self, written: Json) -> Segment:
        target, source = written["target_timerange"], written["source_timerange"] or {"start": 0}
        start, end = target["start"], target["start"] + target["duration"]
        extras: dict[str, list[Json]] = {}
        for reference in written["extra_material_refs"]:
            name, entry = self._materials.get(reference, ("", {}))
            extras.setdefault(name, []).append(entry)
        return Segment(
            id=written["id"],
            material=self._materials[written["material_id"]][1],
            first=self.frame(start),
            end=self.frame(end),
            start=start / SECOND,
            duration=target["duration"] / SECOND,
            source_start=source["start"] / SECOND,
            speed=written["speed"],
            clip=written["clip"] or {},
            is_uniform=written.get("uniform_scale", {}).get("on", True),
            keyframes={each["property_type"]: _points(each["keyframe_list"]) for each in written["common_keyframes"]},
            extras=extras,
            volume=written["volume"],
            pitch_follows=written["is_tone_modify"],
        )


def _points(written: list[Json]) -> Points:
    return sorted((each["time_offset"] / SECOND, each["values"][0]) for each in written)


def crop_of(segment: Segment) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is shown of the material, as shares."""
    crop = segment.material["crop"]
    return crop["upper_left_x"], crop["upper_left_y"], crop["lower_right_x"], crop["lower_right_y"]


def moved(placed: Placed, *, right: float = 0.0, down: float = 0.0) -> Placed:
    """The same so many pixels further: for trials of the judges."""
    return replace(placed, centre=(placed.centre[0] + right, placed.centre[1] + down))
