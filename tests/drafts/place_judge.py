"""The right colour at the right place at the right time: looked up in a rendition's frame, from the draft's JSON alone.

What is known of each picture is its card (`cards.py`): where its quarters meet and end, and the number of its frame.
Nothing is composed here; a place whose colour is not certain, such as under a blur or in a transition, is not judged.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from tests.drafts.cards import cell_centres
from tests.drafts.geometry import Placed
from tests.drafts.materials import FILMS, GIFS, MOVING, card_of
from tests.drafts.reading import Draft, Segment, Track, crop_of
from tests.drafts.rendition import Array

# Pixels: how far from an edge the colours on both sides are looked up, and where along it.
_REACH = 7.0
_STEP = 0.5
_BESIDE = 6.0
_LEAST_CONTRAST = 60.0
# Of the half way between light and dark that a cell of the bar code must be off to be read.
_LEAST_LIGHT = 25.0
_NOT_FOUND = 99.0

# Edges of a card as from, to, and the direction across: the four sides, and the four lines between quarters.
_SIDES = (
    ((0.0, 0.0), (1.0, 0.0), (0.0, -1.0)),
    ((0.0, 1.0), (1.0, 1.0), (0.0, 1.0)),
    ((0.0, 0.0), (0.0, 1.0), (-1.0, 0.0)),
    ((1.0, 0.0), (1.0, 1.0), (1.0, 0.0)),
)
_LINES = (
    ((0.5, 0.0), (0.5, 0.36), (1.0, 0.0)),
    ((0.5, 0.64), (0.5, 1.0), (1.0, 0.0)),
    ((0.0, 0.5), (0.12, 0.5), (0.0, 1.0)),
    ((0.88, 0.5), (1.0, 0.5), (0.0, 1.0)),
)


@dataclass(kw_only=True)
class PlaceFindings:
    """What was looked at in a draft, and the worst of it."""

    places: int = 0
    worst_place: float = 0.0
    colours: int = 0
    worst_colour: float = 0.0
    numbers: int = 0
    worst_frame: float = 0.0
    faults: list[str] = field(default_factory=list)

    def place(self, pixels: float, *, where: str, allowed: float = 2.0) -> None:
        self.places += 1
        self.worst_place = max(self.worst_place, pixels)
        self._tell(pixels > allowed, f"{where}: {pixels:.1f} px off")

    def colour(self, steps: float, *, where: str, allowed: float = 24.0) -> None:
        self.colours += 1
        self.worst_colour = max(self.worst_colour, steps)
        self._tell(steps > allowed, f"{where}: colour off by {steps:.0f} of 255")

    def number(self, frames: float, *, where: str, allowed: float = 1.0) -> None:
        self.numbers += 1
        self.worst_frame = max(self.worst_frame, frames)
        self._tell(frames > allowed, f"{where}: {frames:.1f} frames off")

    def _tell(self, is_fault: bool, sentence: str) -> None:  # noqa: FBT001 - private, read in place
        if is_fault:
            self.faults.append(sentence)


class PlaceJudge:
    """Looks at single frames of one draft; the findings are summed up."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.findings = PlaceFindings()

    def look(self, picture: Array, frame: int) -> None:
        """Judge a frame, given as RGB from 0 to 255."""
        for height, track in enumerate(self.draft.pictures):
            for segment in track.segments:
                if segment.first <= frame < segment.end and not self._is_in_transition(track, frame):
                    where = f"frame {frame}, {segment.name}"
                    self._look_at_edges(picture, frame, segment, where=where)
                    self._look_at_number(picture, frame, segment, height, where=where)

    def _look_at_edges(self, picture: Array, frame: int, segment: Segment, *, where: str) -> None:
        placed = self.draft.placed(segment, frame)
        for start, end, across in (*self._sides(segment), *self._lines(segment)):
            for share in (0.25, 0.75):
                u, v = (first + (last - first) * share for first, last in zip(start, end, strict=True))
                self._look_at_edge(picture, frame, placed, (u, v), across, where=where)

    def _look_at_edge(
        self,
        picture: Array,
        frame: int,
        placed: Placed,
        at: tuple[float, float],
        across: tuple[float, float],
        *,
        where: str,
    ) -> None:
        x, y = placed.on_canvas(*at)
        ahead = placed.on_canvas(at[0] + across[0] * 1e-3, at[1] + across[1] * 1e-3)
        length = math.hypot(ahead[0] - x, ahead[1] - y)
        direction = (ahead[0] - x) / length, (ahead[1] - y) / length
        offsets = np.arange(-_REACH, _REACH + _STEP, _STEP)
        points = [(x + direction[0] * offset, y + direction[1] * offset) for offset in offsets]
        expected = [self._colour(*point, frame) for point in points]
        # The same must hold a little to either side: no other edge runs beside this walk.
        beside = [
            self._colour(x_ - direction[1] * side, y_ + direction[0] * side, frame)
            for side in (-_BESIDE, _BESIDE)
            for x_, y_ in (points[0], points[5], points[-6], points[-1])
        ]
        ends = [expected[0], expected[5], expected[-6], expected[-1]] * 2
        if beside != ends or any(each is None for each in expected) or not self._is_one_step(expected):
            return
        before, after = np.array(expected[0]), np.array(expected[-1])
        seen = np.array([_sample(picture, *point) for point in points])
        for colour, found in ((before, seen[:4].mean(0)), (after, seen[-4:].mean(0))):
            self.findings.colour(float(np.abs(colour - found).max()), where=where)
        if np.linalg.norm(after - before) >= _LEAST_CONTRAST:
            self.findings.place(_crossing_of(seen, offsets), where=where)

    def _is_one_step(self, expected: list[tuple[float, float, float] | None]) -> bool:
        """Whether one half has one colour, and the other one another: nothing else lies near."""
        half = len(expected) // 2
        colours = [each for each in expected if each is not None]
        first, second = np.array(colours[: half - 1]), np.array(colours[half + 2 :])
        return bool(np.ptp(first, 0).max() < 2 and np.ptp(second, 0).max() < 2)

    def _look_at_number(self, picture: Array, frame: int, segment: Segment, height: int, *, where: str) -> None:
        card = card_of(segment.name)
        if not card.has_number or self.draft.opacity(segment, frame) < 1 or crop_of(segment) != (0, 0, 1, 1):
            return
        placed = self.draft.placed(segment, frame)
        points = [placed.on_canvas(*centre) for centre in cell_centres()]
        width, depth = self.draft.canvas
        if not all(3 <= x < width - 3 and 3 <= y < depth - 3 for x, y in points):
            return
        if any(self._is_covered(*point, frame, height) for point in points):
            return
        light = [float(_sample(picture, *point).mean()) - 127.5 for point in points]
        if min(map(abs, light)) < _LEAST_LIGHT:
            self.findings.number(_NOT_FOUND, where=f"{where}: its number cannot be read")
            return
        number = sum((level > 0) << bit for bit, level in enumerate(light))
        film = MOVING[segment.name]
        place = self.draft.source_time(segment, frame) * film.rate
        step = max(1.0, segment.speed * film.rate / self.draft.rate)
        expected = min(int(place + 1e-3), film.frames - 1) if segment.name in FILMS else int(place + 1e-3) % film.frames
        off = abs(number - expected)
        if segment.name in GIFS:
            off = min(off, film.frames - off)
        self.findings.number(off / step, where=f"{where}: shows {number}, not {expected}")

    def _colour(self, x: float, y: float, frame: int) -> tuple[float, float, float] | None:
        """The colour at a place of the canvas, from the cards alone; None where it is not certain."""
        width, depth = self.draft.canvas
        if not (2 <= x < width - 2 and 2 <= y < depth - 2):
            return None
        seen: tuple[float, ...] | None = (0.0, 0.0, 0.0)
        for track in self.draft.pictures:
            for segment in track.segments:
                if segment.first <= frame < segment.end:
                    seen = (
                        None if self._is_in_transition(track, frame) else self._over(seen, segment, x, y, frame, track)
                    )
        return None if seen is None else (seen[0], seen[1], seen[2])

    def _over(
        self, behind: tuple[float, ...] | None, segment: Segment, x: float, y: float, frame: int, track: Track
    ) -> tuple[float, ...] | None:
        for fill in segment.extras.get("canvases", []) if track.is_main else []:
            behind = _fill_colour(fill)
        placed = self.draft.placed(segment, frame)
        if not placed.covers(x, y):
            return behind
        u, v = placed.in_picture(x, y)
        left, top, right, bottom = crop_of(segment)
        found = card_of(segment.name).colour(left + u * (right - left), top + v * (bottom - top))
        if found is None:
            return None
        colour, alpha = found
        share = alpha * self.draft.opacity(segment, frame)
        if share == 1:
            return colour
        if behind is None:
            return None
        return tuple(mine * share + other * (1 - share) for mine, other in zip(colour, behind, strict=True))

    def _is_covered(self, x: float, y: float, frame: int, height: int) -> bool:
        return any(
            self.draft.placed(segment, frame).covers(x, y, margin=6)
            for track in self.draft.pictures[height + 1 :]
            for segment in track.segments
            if segment.first <= frame < segment.end
        )

    def _is_in_transition(self, track: Track, frame: int) -> bool:
        return any(
            window.first <= frame < window.first + window.frames for _, _, window in track.transitions(self.draft)
        )

    def _sides(self, segment: Segment) -> list[tuple[tuple[float, float], ...]]:
        margin = card_of(segment.name).margin
        return [
            (*((min(max(u, margin), 1 - margin), min(max(v, margin), 1 - margin)) for u, v in side[:2]), side[2])
            for side in _SIDES
        ]

    def _lines(self, segment: Segment) -> list[tuple[tuple[float, float], ...]]:
        """The lines between the quarters, as shares of what is shown of the picture."""
        left, top, right, bottom = crop_of(segment)
        shown = []
        for start, end, across in _LINES:
            ends = [((u - left) / (right - left), (v - top) / (bottom - top)) for u, v in (start, end)]
            shown.append((*ends, across))
        return shown


def _fill_colour(fill: dict[str, str]) -> tuple[float, ...] | None:
    if fill["type"] != "canvas_color":
        return None
    return tuple(float(int(fill["color"][place : place + 2], 16)) for place in (1, 3, 5))


def _sample(picture: Array, x: float, y: float) -> Array:
    """Between the middles of the four pixels around this place."""
    x, y = x - 0.5, y - 0.5
    left = min(max(math.floor(x), 0), picture.shape[1] - 2)
    top = min(max(math.floor(y), 0), picture.shape[0] - 2)
    across, down = x - left, y - top
    upper = picture[top, left] * (1 - across) + picture[top, left + 1] * across
    lower = picture[top + 1, left] * (1 - across) + picture[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _crossing_of(seen: Array, offsets: Array) -> float:
    """How many pixels from its place the edge lies along this walk: where half of the way between both colours is."""
    before, after = seen[:4].mean(0), seen[-4:].mean(0)
    way = after - before
    length = float(way @ way)
    if length < _LEAST_CONTRAST**2 / 4:
        return _NOT_FOUND
    shares = (seen - before) @ way / length
    crossings = [
        abs(offsets[place] + (0.5 - shares[place]) / (shares[place + 1] - shares[place]) * _STEP)
        for place in range(len(shares) - 1)
        if shares[place] < 0.5 <= shares[place + 1]
    ]
    return float(min(crossings, default=_NOT_FOUND))
