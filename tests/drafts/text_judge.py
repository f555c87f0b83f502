"""Words are as large as the format's rule says, in their face, and where they belong: by the box of their ink."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import ImageFont

from tests.drafts.reading import Draft, Json
from tests.drafts.rendition import Array

# Lines of a face are as high as size * width of the canvas / this.
_UNITS = 172
_ALLOWED_SIZE = 0.08
# How far from the words' own colour a pixel may be and still be ink: at half of an edge it counts.
_HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Words:
    """One text of a draft, with the box that its ink should have: left, top, right, bottom."""

    first: int
    end: int
    words: str
    colour: tuple[float, float, float]
    box: tuple[float, float, float, float]


@dataclass(kw_only=True)
class TextFindings:
    boxes: int = 0
    worst_size: float = 0.0
    worst_place: float = 0.0
    faults: list[str] = field(default_factory=list)


def words_of(document: Json, *, folder: Path) -> list[Words]:
    """The texts of a draft whose faces lie in its folder."""
    draft = Draft(document | {"tracks": [track for track in document["tracks"] if track["type"] == "video"]})
    texts = {text["id"]: text for text in document["materials"]["texts"]}
    found = []
    for track in document["tracks"]:
        for segment in track["segments"] if track["type"] == "text" else []:
            target = segment["target_timerange"]
            found.append(
                _words(
                    texts[segment["material_id"]],
                    segment["clip"],
                    canvas=draft.canvas,
                    folder=folder,
                    span=(draft.frame(target["start"]), draft.frame(target["start"] + target["duration"])),
                )
            )
    return found


def _words(text: Json, clip: Json, *, canvas: tuple[int, int], folder: Path, span: tuple[int, int]) -> Words:
    content = json.loads(text["content"])
    style = content["styles"][0]
    face = next(folder.rglob(Path(style["font"]["path"]).name))
    # Measured at a large size, where rounding is nothing.
    large = ImageFont.truetype(str(face), 1000, layout_engine=ImageFont.Layout.BASIC)
    ascent, descent = large.getmetrics()
    line = style["size"] * canvas[0] / _UNITS
    factor = line / (ascent + descent)
    boxes = [large.getbbox(each) for each in content["text"].split("\n")]
    height = line * len(boxes)
    centre = canvas[0] / 2 * (1 + clip["transform"]["x"]), canvas[1] / 2 * (1 - clip["transform"]["y"])
    half = max(right - left for left, _, right, _ in boxes) / 2 * factor
    top = centre[1] - height / 2 + boxes[0][1] * factor
    bottom = centre[1] - height / 2 + line * (len(boxes) - 1) + boxes[-1][3] * factor
    red, green, blue = (255 * part for part in style["fill"]["content"]["solid"]["color"])
    return Words(
        first=span[0],
        end=span[1],
        words=content["text"],
        colour=(red, green, blue),
        box=(centre[0] - half, top, centre[0] + half, bottom),
    )


def judge_words(words: Words, picture: Array, *, behind: Array, found: TextFindings) -> None:
    """Compare the box of the ink with the one that it should have; `behind` is the same frame without words."""
    way = np.array(words.colour) - behind
    share = ((picture - behind) * way).sum(-1) / np.maximum((way * way).sum(-1), 1)
    ink = share > _HALF
    found.boxes += 1
    if not ink.any():
        found.faults.append(f"{words.words!r}: no ink")
        found.worst_size = 1.0
        return
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    for low, high, name in ((0, 2, "wide"), (1, 3, "high")):
        size, wanted = box[high] - box[low], words.box[high] - words.box[low]
        # What a pixel at each end hides is no fault of the size.
        off = max(abs(size - wanted) - 1.5, 0) / wanted
        found.worst_size = max(found.worst_size, off)
        middle = abs((box[high] + box[low]) / 2 - (words.box[high] + words.box[low]) / 2)
        found.worst_place = max(found.worst_place, middle)
        if off > _ALLOWED_SIZE:
            found.faults.append(f"{words.words!r}: {size:.0f} px {name}, not {wanted:.1f}")
        if middle > 2 + _ALLOWED_SIZE * wanted / 2:
            found.faults.append(f"{words.words!r}: {middle:.1f} px off its place")


def without_words(document: Json, *, frame: int, shape: tuple[int, int], folder: Path) -> Array:
    """1 where no words are at this frame, nor near, 0 where they may be."""
    counts = np.ones(shape, np.float32)
    for each in words_of(document, folder=folder):
        if each.first <= frame < each.end:
            left, top, right, bottom = each.box
            more_x, more_y = 6 + 0.2 * (right - left), 6 + 0.2 * (bottom - top)
            rows = slice(max(int(top - more_y), 0), int(bottom + more_y))
            counts[rows, max(int(left - more_x), 0) : int(right + more_x)] = 0
    return counts
