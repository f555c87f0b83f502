"""Drafts in the shape that the editors write, as few lines as a test needs."""

import json
from collections.abc import Sequence
from typing import Any

from mediaproc.core.draft import DraftLimits, DraftReading, TimelineFile, read_draft
from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import Clip, Text

SECOND = 1_000_000

Json = dict[str, Any]


def segment(id_: str, material: str, start: float, duration: float, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """A segment, from and for so many seconds."""
    target = {"start": round(start * SECOND), "duration": round(duration * SECOND)}
    return {"id": id_, "material_id": material, "target_timerange": target, **more}


def clip(**more: Any) -> Json:  # noqa: ANN401 - JSON
    """The object `clip` of a segment."""
    return {
        "alpha": 1.0,
        "rotation": 0.0,
        "scale": {"x": 1.0, "y": 1.0},
        "transform": {"x": 0.0, "y": 0.0},
        "flip": {"horizontal": False, "vertical": False},
        **more,
    }


def track(kind: str, *segments: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {"id": f"track-{kind}", "type": kind, "attribute": 0, "segments": list(segments), **more}


def video(id_: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {
        "id": id_, "type": "video", "path": f"/home/author/{id_}.mp4", "width": 1280, "height": 720,
        "duration": 600 * SECOND, "has_audio": True, **more,
    }  # fmt: skip


def still(id_: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
    more = {"type": "photo", "path": f"/home/author/{id_}.png", "has_audio": False, "duration": 10_800 * SECOND} | more
    return video(id_, **more)


def sound(id_: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {"id": id_, "type": "music", "path": f"/home/author/{id_}.mp3", "duration": 600 * SECOND, **more}


def words(id_: str, text: str, styles: Sequence[Json] = (), **more: Any) -> Json:  # noqa: ANN401 - JSON
    content = json.dumps({"text": text, "styles": list(styles)})
    return {"id": id_, "type": "text", "content": content, "alignment": 1, "font_size": 10.0, **more}


def draft(*tracks: Json, materials: Json | None = None, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """A draft of two seconds and more, 1000x500 pixels, 30 frames a second."""
    return {
        "id": "draft",
        "canvas_config": {"width": 1000, "height": 500, "ratio": "original", "background": None},
        "fps": 30.0,
        "duration": 2 * SECOND,
        "tracks": list(tracks),
        "materials": {"videos": [video("film"), still("picture")], "audios": [sound("music")], **(materials or {})},
        **more,
    }


def one_clip(*, materials: Json | None = None, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """A draft of one clip of two seconds; more fields of its segment."""
    return draft(track("video", segment("s", "film", 0, 2, **more)), materials=materials)


def read(document: Json, *, limits: DraftLimits | None = None) -> DraftReading:
    content = json.dumps(document).encode()
    return read_draft([TimelineFile(name="draft_content.json", content=content)], limits=limits)


def clips(reading: DraftReading) -> list[Clip]:
    return [each for layer in reading.timeline.layers for each in layer.clips]


def only_clip(document: Json) -> Clip:
    (found,) = clips(read(document))
    return found


def texts(reading: DraftReading) -> list[Text]:
    return [each for layer in reading.timeline.layers for each in layer.texts]


def codes(reading: DraftReading) -> list[NoteCode]:
    return [note.code for note in reading.notes]
