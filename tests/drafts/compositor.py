"""The whole picture at a frame, composed with NumPy and Pillow from the draft's JSON: a renderer of its own, and slow.

Colours are mixed as they are, neither made linear nor premultiplied beforehand; what lies in between is computed in
floating point. Words are not drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.drafts.geometry import Placed
from tests.drafts.materials import GIFS, MOVING
from tests.drafts.reading import Draft, Segment, Track, Transition, crop_of
from tests.drafts.rendition import Array, pictures_of
from tests.drafts.xfade import DRAWN_AS, TRANSITIONS

_SURROUNDING = 2
# Shares of a frame: times this close to a frame's beginning are that frame's.
_SAME_TIME = 1e-3


@dataclass(frozen=True, kw_only=True)
class Compositor:
    """Draws the frames of one draft."""

    draft: Draft
    files: Mapping[str, Path]

    def picture(self, frame: int, *, nudge: int = 0) -> Array:
        """The frame as RGB from 0 to 255; films show the frame that is `nudge` later than the one computed."""
        width, height = self.draft.canvas
        canvas: Array = np.zeros((height, width, 3), np.float32)
        for track in self.draft.pictures:
            drawn = self._track(track, frame, nudge=nudge)
            if drawn is not None:
                share = drawn[..., 3:] / 255
                canvas = drawn[..., :3] * share + canvas * (1 - share)
        return canvas

    def is_certain(self, frame: int) -> bool:
        """Whether each film that is seen has exactly one frame for this time: no rates are converted."""
        shown = [each for track in self.draft.pictures for each in self._seen(track, frame)]
        rates = [(each, _rate(each.name)) for each in shown]
        places = [self.draft.source_time(each, frame) * rate for each, rate in rates if rate]
        steps = [each.speed * rate / self.draft.rate for each, rate in rates if rate]
        return all(abs(place - round(place)) < _SAME_TIME for place in (*places, *steps))

    def _seen(self, track: Track, frame: int) -> list[Segment]:
        transition = self._transition(track, frame)
        if transition:
            return list(transition[:2])
        return [each for each in track.segments if each.first <= frame < each.end]

    def _transition(self, track: Track, frame: int) -> tuple[Segment, Segment, Transition] | None:
        return next(
            (each for each in track.transitions(self.draft) if each[2].first <= frame < each[2].first + each[2].frames),
            None,
        )

    def _track(self, track: Track, frame: int, *, nudge: int) -> Array | None:
        seen = [self._layer(each, frame, nudge=nudge, is_main=track.is_main) for each in self._seen(track, frame)]
        transition = self._transition(track, frame)
        if transition:
            window = transition[2]
            # In the precision of xfade itself: a slide stops at whole lines, and this says at which.
            left = float(np.float32(1) - np.float32((frame - window.first) / window.frames))
            return TRANSITIONS[DRAWN_AS.get(window.name, "fade")](seen[0], seen[1], left)
        return seen[0] if seen else None

    def _layer(self, segment: Segment, frame: int, *, nudge: int, is_main: bool) -> Array:
        """The canvas with this segment alone, as RGBA; on the main track it has the whole canvas behind it."""
        picture = self._source(segment, frame, nudge=nudge)
        # What moves would jump from pixel to pixel.
        keeps_fractions = segment.is_turned or segment.moves
        drawn = place(
            picture, self.draft.placed(segment, frame), canvas=self.draft.canvas, keeps_fractions=keeps_fractions
        )
        drawn[..., 3] *= self.draft.opacity(segment, frame)
        if not is_main:
            return drawn
        behind = self._behind(segment, picture)
        share = drawn[..., 3:] / 255
        whole = np.full_like(drawn, 255)
        whole[..., :3] = drawn[..., :3] * share + behind * (1 - share)
        return whole

    def _behind(self, segment: Segment, picture: Array) -> Array:
        width, height = self.draft.canvas
        behind = np.zeros((height, width, 3), np.float32)
        for fill in segment.extras.get("canvases", []):
            if fill["type"] == "canvas_color":
                behind[:] = [int(fill["color"][place : place + 2], 16) for place in (1, 3, 5)]
            if fill["type"] == "canvas_blur":
                behind = blurred(_covering(picture, width, height), fill["blur"] * height / 24)
        return behind

    def _source(self, segment: Segment, frame: int, *, nudge: int) -> Array:
        pictures = pictures_of(self.files[segment.name])
        number = int(np.floor(self.draft.source_time(segment, frame) * _rate(segment.name) + _SAME_TIME)) + nudge
        is_looped = segment.name in GIFS
        number = number % len(pictures) if is_looped else min(max(number, 0), len(pictures) - 1)
        left, top, right, bottom = crop_of(segment)
        height, width = pictures.shape[1:3]
        shown = pictures[number]
        cut = shown[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
        return np.asarray(cut, np.float32)


def _rate(name: str) -> int:
    return MOVING[name].rate if name in MOVING else 0


def place(picture: Array, placed: Placed, *, canvas: tuple[int, int], keeps_fractions: bool) -> Array:
    """The picture on an empty canvas: at whole pixels, as `overlay` lays it, unless it `keeps_fractions`."""
    size = max(round(placed.width), 1), max(round(placed.height), 1)
    scaled = _scaled(_premultiplied(picture), size)
    scaled = scaled[:, ::-1] if placed.flip_horizontal else scaled
    scaled = scaled[::-1] if placed.flip_vertical else scaled
    if not keeps_fractions:
        scaled = scaled[::-1, ::-1] if placed.degrees % 360 == 180 else scaled
        left = int(np.floor(placed.centre[0] - size[0] / 2 + 0.5))
        top = int(np.floor(placed.centre[1] - size[1] / 2 + 0.5))
        return _straight(_pasted(scaled, left, top, canvas=canvas))
    return _straight(_turned(scaled, placed, canvas=canvas))


def _turned(scaled: Array, placed: Placed, *, canvas: tuple[int, int]) -> Array:
    height, width = scaled.shape[:2]
    around = np.pad(scaled, ((_SURROUNDING,) * 2, (_SURROUNDING,) * 2, (0, 0)))
    upright = Placed(centre=placed.centre, width=placed.width, height=placed.height, degrees=placed.degrees)

    def pixel(x: float, y: float) -> tuple[float, float]:
        u, v = upright.in_picture(x, y)
        return u * width + _SURROUNDING, v * height + _SURROUNDING

    origin, right, down = pixel(0, 0), pixel(1, 0), pixel(0, 1)
    matrix = (
        right[0] - origin[0],
        down[0] - origin[0],
        origin[0],
        right[1] - origin[1],
        down[1] - origin[1],
        origin[1],
    )
    parts = [
        Image.fromarray(around[..., part]).transform(canvas, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        for part in range(4)
    ]
    return np.stack([np.asarray(part, np.float32) for part in parts], -1)


def _pasted(scaled: Array, left: int, top: int, *, canvas: tuple[int, int]) -> Array:
    whole = np.zeros((canvas[1], canvas[0], 4), np.float32)
    rows = slice(max(top, 0), min(top + scaled.shape[0], canvas[1]))
    columns = slice(max(left, 0), min(left + scaled.shape[1], canvas[0]))
    if rows.start < rows.stop and columns.start < columns.stop:
        part = scaled[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        whole[rows, columns] = part
    return whole


def _covering(picture: Array, width: int, height: int) -> Array:
    """The picture as large as it must be to cover so many pixels, cut about its middle; RGB."""
    factor = max(width / picture.shape[1], height / picture.shape[0])
    size = max(round(picture.shape[1] * factor), width), max(round(picture.shape[0] * factor), height)
    scaled = _scaled(picture, size)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return scaled[top : top + height, left : left + width, :3]


def blurred(picture: Array, sigma: float) -> Array:
    """A Gaussian blur; the edge goes on beyond itself."""
    reach = max(int(np.ceil(3 * sigma)), 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if each == axis else (0, 0) for each in range(3)]
        padded = np.pad(picture, padding, mode="edge")
        length = picture.shape[axis]
        picture = sum(
            weight * np.take(padded, range(place, place + length), axis) for place, weight in enumerate(weights)
        )
    return np.asarray(picture, np.float32)


def _scaled(picture: Array, size: tuple[int, int]) -> Array:
    if size == (picture.shape[1], picture.shape[0]):
        return picture
    parts = [
        np.asarray(Image.fromarray(np.ascontiguousarray(picture[..., part])).resize(size, Image.Resampling.BICUBIC))
        for part in range(picture.shape[2])
    ]
    return np.asarray(np.clip(np.stack(parts, -1), 0, 255), np.float32)


def _premultiplied(picture: Array) -> Array:
    result = picture.copy()
    result[..., :3] *= picture[..., 3:] / 255
    return result


def _straight(picture: Array) -> Array:
    result = picture.copy()
    share = np.maximum(picture[..., 3:], 1e-3) / 255
    result[..., :3] = np.where(picture[..., 3:] > 0, np.minimum(picture[..., :3] / share, 255), 0)
    return result
