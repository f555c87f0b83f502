"""A small draft with all that makes an attempt long: several materials, a dissolve, a moving picture, words, sound."""

import json
import zipfile
from pathlib import Path

from tests.core.draft.drafts import Json, clip, draft, segment, track, video, words

TIMELINE_NAME = "draft_content.json"


def write_draft(path: Path, *, films: tuple[Path, Path], seconds: float, number: int = 0, lines: str = "Hello") -> Path:
    """A zip of two films one after the other, `seconds` each, under a picture in the picture and a caption.

    Another `number` gives another draft of the same pictures.
    """
    first, second = films
    document = _document(first.name, second.name, seconds=seconds, lines=lines)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(TIMELINE_NAME, json.dumps({**document, "name": f"number {number}"}))
        for film in {first, second}:
            archive.write(film, f"assets/{film.name}")
    return path


def _document(first: str, second: str, *, seconds: float, lines: str) -> Json:
    dissolve = {"id": "dissolve", "type": "transition", "name": "Dissolve", "duration": 400_000, "is_overlap": True}
    small = clip(scale={"x": 0.4, "y": 0.4}, transform={"x": 0.5, "y": 0.5}, rotation=10.0, alpha=0.8)
    moving = {
        "id": "k",
        "property_type": "KFTypePositionX",
        "keyframe_list": [
            {"id": "k1", "time_offset": 0, "values": [-0.5], "curveType": "Line"},
            {"id": "k2", "time_offset": round(seconds * 1e6), "values": [0.5], "curveType": "Line"},
        ],
    }
    return draft(
        track(
            "video",
            segment("a", "one", 0, seconds, clip=clip(), extra_material_refs=["dissolve"]),
            segment("b", "two", seconds, seconds, clip=clip()),
        ),
        track("video", segment("c", "one", 0.2, seconds, clip=small, common_keyframes=[moving], volume=0.0)),
        track("text", segment("t", "caption", 0.5, seconds, clip=clip(transform={"x": 0.0, "y": -0.8}))),
        materials={
            "videos": [
                video("one", path=f"C:/drafts/assets/{first}", width=320, height=240),
                video("two", path=f"C:/drafts/assets/{second}", width=320, height=240),
            ],
            "texts": [words("caption", lines)],
            "transitions": [dissolve],
        },
        canvas_config={"width": 320, "height": 240, "ratio": "original"},
        fps=25.0,
        duration=round(2 * seconds * 1e6),
    )
