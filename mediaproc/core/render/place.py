"""Where a picture comes to lie on a canvas, and which part of it is worth drawing: whole pixels from a placement."""

import math
from dataclasses import dataclass
from typing import Self

from mediaproc.core.timeline import Canvas, Clip, Crop

# So much smaller must the visible part be than the whole for it to be cut out before it is scaled.
_WORTH_CUTTING = 0.85
# Pixels of the source that are kept around a part: the scaler looks at neighbours.
_MARGIN = 4


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle in any unit, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is; negative where it is nowhere."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is; negative where it is nowhere."""
        return self.bottom - self.top

    def within(self, other: Self) -> "Box":
        """What both have."""
        return Box(
            left=max(self.left, other.left),
            top=max(self.top, other.top),
            right=min(self.right, other.right),
            bottom=min(self.bottom, other.bottom),
        )


_ALL = Box(left=0.0, top=0.0, right=1.0, bottom=1.0)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Whole pixels of a picture."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A material on a canvas before it is scaled: the part that is shown, and how large it is at scale 1."""

    source: tuple[int, int]
    # Shares of the source that are shown.
    crop: Crop
    width: float
    height: float

    @classmethod
    def of(cls, crop: Crop, *, source: tuple[int, int], shape: float, canvas: Canvas) -> "Fit":
        """As large as the canvas contains it; `shape` is the width of the whole picture by its height, as seen."""
        wide, high = shape * (crop.right - crop.left), crop.bottom - crop.top
        factor = min(canvas.width / wide, canvas.height / high)
        return cls(source=source, crop=crop, width=wide * factor, height=high * factor)

    @property
    def whole(self) -> Part:
        """The pixels of the source that are shown."""
        return _near(self._pixels(_ALL), width=self.source[0], height=self.source[1])

    def around(self, shares: Box) -> Part:
        """The pixels of the source around a part, in shares of what is shown of it."""
        return _around(self._pixels(shares), within=self.whole)

    def _pixels(self, shares: Box) -> Box:
        width, height = self.source
        across, down = self.crop.right - self.crop.left, self.crop.bottom - self.crop.top
        return Box(
            left=(self.crop.left + shares.left * across) * width,
            top=(self.crop.top + shares.top * down) * height,
            right=(self.crop.left + shares.right * across) * width,
            bottom=(self.crop.top + shares.bottom * down) * height,
        )

    def shares(self, part: Part) -> Box:
        """A part of the source in shares of what is shown of it."""
        width, height = self.source
        across, down = self.crop.right - self.crop.left, self.crop.bottom - self.crop.top
        return Box(
            left=(part.x / width - self.crop.left) / across,
            top=(part.y / height - self.crop.top) / down,
            right=((part.x + part.width) / width - self.crop.left) / across,
            bottom=((part.y + part.height) / height - self.crop.top) / down,
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """A picture that rests: what to cut out of the source, to scale it to, and where its middle then lies."""

    part: Part
    width: int
    height: int
    flip_horizontal: bool
    flip_vertical: bool
    # Degrees clockwise, from -180 to below 180.
    rotation: float
    centre_x: float
    centre_y: float

    @property
    def quarter_turns(self) -> int | None:
        """How often it is turned by 90 degrees; None where it is turned otherwise."""
        return round(self.rotation / 90) % 4 if self.rotation % 90 == 0 else None


def resting_place(clip: Clip, fit: Fit, *, canvas: Canvas) -> Place | None:
    """The place of a clip that does not move; None where nothing of it can be seen."""
    placement = clip.placement
    scale_x, scale_y = placement.scale_x.value(0), placement.scale_y.value(0)
    width, height = fit.width * abs(scale_x), fit.height * abs(scale_y)
    if width < 1 / 2 or height < 1 / 2 or (placement.opacity.is_constant and placement.opacity.value(0) <= 0):
        return None
    flip_x, flip_y = placement.flip_horizontal != (scale_x < 0), placement.flip_vertical != (scale_y < 0)
    rotation = (placement.rotation.value(0) + 180) % 360 - 180
    centre = placement.centre_x.value(0), placement.centre_y.value(0)
    whole = Box(left=-width / 2, top=-height / 2, right=width / 2, bottom=height / 2)
    seen = _canvas_seen(canvas, centre=centre, rotation=rotation).within(whole)
    if seen.width <= 0 or seen.height <= 0:
        return None
    part, shares = fit.whole, _ALL
    if seen.width * seen.height < _WORTH_CUTTING * width * height:
        part = fit.around(_mirrored(_shares(seen, width=width, height=height), across=flip_x, down=flip_y))
        shares = fit.shares(part)
    shown = _mirrored(shares, across=flip_x, down=flip_y)
    across, down = width * (shown.left + shown.right - 1) / 2, height * (shown.top + shown.bottom - 1) / 2
    turned = math.radians(rotation)
    return Place(
        part=part,
        width=max(1, round(width * shares.width)),
        height=max(1, round(height * shares.height)),
        flip_horizontal=flip_x,
        flip_vertical=flip_y,
        rotation=rotation,
        centre_x=centre[0] + across * math.cos(turned) - down * math.sin(turned),
        centre_y=centre[1] + across * math.sin(turned) + down * math.cos(turned),
    )


def _canvas_seen(canvas: Canvas, *, centre: tuple[float, float], rotation: float) -> Box:
    """The box around the canvas as seen from the middle of a picture that is turned by `rotation`."""
    turned = math.radians(-rotation)
    corners = [(x - centre[0], y - centre[1]) for x in (0, canvas.width) for y in (0, canvas.height)]
    xs = [x * math.cos(turned) - y * math.sin(turned) for x, y in corners]
    ys = [x * math.sin(turned) + y * math.cos(turned) for x, y in corners]
    return Box(left=min(xs), top=min(ys), right=max(xs), bottom=max(ys))


def _shares(box: Box, *, width: float, height: float) -> Box:
    return Box(
        left=box.left / width + 0.5,
        top=box.top / height + 0.5,
        right=box.right / width + 0.5,
        bottom=box.bottom / height + 0.5,
    )


def _mirrored(shares: Box, *, across: bool, down: bool) -> Box:
    left, right = (1 - shares.right, 1 - shares.left) if across else (shares.left, shares.right)
    top, bottom = (1 - shares.bottom, 1 - shares.top) if down else (shares.top, shares.bottom)
    return Box(left=left, top=top, right=right, bottom=bottom)


def _near(part: Box, *, width: int, height: int) -> Part:
    """The nearest whole pixels, at least one of them."""
    left, top = min(round(part.left), width - 1), min(round(part.top), height - 1)
    right, bottom = max(left + 1, round(part.right)), max(top + 1, round(part.bottom))
    return Part(x=left, y=top, width=min(right, width) - left, height=min(bottom, height) - top)


def _around(part: Box, *, within: Part) -> Part:
    """Whole pixels around a part, begun at even ones, since most pictures have colours for two by two."""
    left = max(within.x, math.floor((part.left - _MARGIN) / 2) * 2)
    top = max(within.y, math.floor((part.top - _MARGIN) / 2) * 2)
    right = min(within.x + within.width, math.ceil(part.right) + _MARGIN)
    bottom = min(within.y + within.height, math.ceil(part.bottom) + _MARGIN)
    return Part(x=left, y=top, width=max(1, right - left), height=max(1, bottom - top))
