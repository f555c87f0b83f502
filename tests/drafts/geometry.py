"""Where a picture lies: maps between shares of a picture and pixels of the canvas, both with y downwards."""

import math
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A picture of `width` by `height` pixels of the canvas, turned clockwise about its middle, which is the centre."""

    centre: Point
    width: float
    height: float
    degrees: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def on_canvas(self, u: float, v: float) -> Point:
        """Where this share of the picture's width and height lies."""
        x = (0.5 - u if self.flip_horizontal else u - 0.5) * self.width
        y = (0.5 - v if self.flip_vertical else v - 0.5) * self.height
        cosine, sine = self._turn()
        return self.centre[0] + cosine * x - sine * y, self.centre[1] + sine * x + cosine * y

    def in_picture(self, x: float, y: float) -> Point:
        """What share of the picture's width and height lies there; beyond 0 and 1 is outside."""
        cosine, sine = self._turn()
        dx, dy = x - self.centre[0], y - self.centre[1]
        u, v = (cosine * dx + sine * dy) / self.width, (cosine * dy - sine * dx) / self.height
        return 0.5 - u if self.flip_horizontal else 0.5 + u, 0.5 - v if self.flip_vertical else 0.5 + v

    def covers(self, x: float, y: float, *, margin: float = 0.0) -> bool:
        """Whether this pixel lies within the picture, or so many pixels off it."""
        if not self.width or not self.height:
            return False
        u, v = self.in_picture(x, y)
        more_u, more_v = margin / self.width, margin / self.height
        return -more_u <= u <= 1 + more_u and -more_v <= v <= 1 + more_v

    def _turn(self) -> tuple[float, float]:
        angle = math.radians(self.degrees)
        return math.cos(angle), math.sin(angle)


def contained(width: float, height: float, *, canvas: tuple[int, int]) -> tuple[float, float]:
    """The size of a picture that is as large as the canvas can contain all of it."""
    factor = min(canvas[0] / width, canvas[1] / height)
    return width * factor, height * factor
