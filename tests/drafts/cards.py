"""Pictures that tell what they are: four coloured quarters around a bar code of the frame's number."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Colour: TypeAlias = tuple[int, int, int]
Image: TypeAlias = npt.NDArray[np.uint8]

BITS = 8
# The band of the bar code, as shares of the picture.
BAND_LEFT, BAND_RIGHT, BAND_TOP, BAND_BOTTOM = 0.125, 0.875, 0.375, 0.625
DARK, LIGHT = 30, 225
_HILL, _PERIOD = 12, 14


@dataclass(frozen=True, kw_only=True)
class Card:
    """A picture by its quarters: upper left, upper right, lower left, lower right."""

    width: int
    height: int
    quarters: tuple[Colour, Colour, Colour, Colour]
    has_number: bool = True
    # The share of the width and height that is transparent at each side.
    margin: float = 0.0
    # Of the lower right quarter; the others hide what is behind.
    alpha: int = 255

    def colour(self, u: float, v: float) -> tuple[Colour, float] | None:
        """The colour and opacity at a place of the picture, from 0 to 1 each; None in the bar code."""
        if not (self.margin <= u <= 1 - self.margin and self.margin <= v <= 1 - self.margin):
            return (0, 0, 0), 0.0
        if self.has_number and BAND_LEFT <= u <= BAND_RIGHT and BAND_TOP <= v <= BAND_BOTTOM:
            return None
        place = (u >= 0.5) + 2 * (v >= 0.5)
        return self.quarters[place], (self.alpha / 255 if place == 3 else 1.0)

    def drawn(self, number: int = 0) -> Image:
        """The picture with this number, as RGBA."""
        picture = _without_number(self).copy()
        if self.has_number:
            self._write(picture, number)
        return picture

    def plain(self) -> Image:
        """The picture without a number."""
        picture = np.zeros((self.height, self.width, 4), np.uint8)
        middle_x, middle_y = self.width // 2, self.height // 2
        edge_x, edge_y = round(self.width * self.margin), round(self.height * self.margin)
        columns = (slice(edge_x, middle_x), slice(middle_x, self.width - edge_x))
        rows = (slice(edge_y, middle_y), slice(middle_y, self.height - edge_y))
        for place, colour in enumerate(self.quarters):
            alpha = self.alpha if place == 3 else 255
            picture[rows[place // 2], columns[place % 2]] = (*colour, alpha)
        self._roughen(picture)
        return picture

    def _roughen(self, picture: Image) -> None:
        """Gentle hills, since a plain colour is like any other of its kind to what measures likeness."""
        across, down = np.meshgrid(np.arange(self.width), np.arange(self.height))
        hills = _HILL * np.sin(2 * np.pi * across / _PERIOD) * np.sin(2 * np.pi * down / _PERIOD)
        rough = picture[..., :3] + hills[..., None]
        picture[..., :3] = np.where(picture[..., 3:] > 0, np.clip(np.round(rough), 0, 255), 0)

    def _write(self, picture: Image, number: int) -> None:
        top, bottom = round(self.height * BAND_TOP), round(self.height * BAND_BOTTOM)
        for bit in range(BITS):
            left, right = (round(self.width * _edge(bit + more)) for more in (0, 1))
            level = LIGHT if number >> bit & 1 else DARK
            picture[top:bottom, left:right] = (level, level, level, 255)


@lru_cache
def _without_number(card: Card) -> Image:
    return card.plain()


def _edge(cell: int) -> float:
    return BAND_LEFT + (BAND_RIGHT - BAND_LEFT) * cell / BITS


def cell_centres() -> list[tuple[float, float]]:
    """Where each bit of the number is looked up, the lowest first; shares of the picture."""
    return [((_edge(bit) + _edge(bit + 1)) / 2, (BAND_TOP + BAND_BOTTOM) / 2) for bit in range(BITS)]
