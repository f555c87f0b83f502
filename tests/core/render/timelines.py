"""Short ways to write timelines in tests: clips of a second on a small canvas."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from mediaproc.core.timeline import (
    Canvas,
    Clip,
    Curve,
    Keyframe,
    Layer,
    Material,
    MaterialKind,
    Placement,
    SpeedPiece,
    Timeline,
    Transition,
)

RATE = Fraction(25)
CANVAS = Canvas(width=160, height=96)
_MICROSECONDS = 1_000_000

_RESTING = Placement(
    centre_x=Curve.constant(0),
    centre_y=Curve.constant(0),
    scale_x=Curve.constant(1),
    scale_y=Curve.constant(1),
    rotation=Curve.constant(0),
    opacity=Curve.constant(1),
)


def film(name: str) -> Material:
    return Material(id=name, kind=MaterialKind.VIDEO, name=name)


def still(name: str) -> Material:
    return Material(id=name, kind=MaterialKind.STILL, name=name)


def line(*keys: tuple[int, float]) -> Curve:
    """Straight from each (frame, value) to the next."""
    return Curve(keyframes=tuple(Keyframe(at=Fraction(at), value=value) for at, value in keys))


def placed(*, canvas: Canvas = CANVAS, flip_horizontal: bool = False, **values: float | Curve) -> Placement:
    """In the middle of the canvas, fitted, unless said otherwise; `scale` is both scales."""
    both = values.pop("scale", 1.0)
    usual: dict[str, float | Curve] = {
        "centre_x": canvas.width / 2,
        "centre_y": canvas.height / 2,
        "scale_x": both,
        "scale_y": both,
        "rotation": 0.0,
        "opacity": 1.0,
    }
    curves = {
        name: value if isinstance(value, Curve) else Curve.constant(value) for name, value in (usual | values).items()
    }
    return replace(replace(_RESTING, flip_horizontal=flip_horizontal), **curves)  # type: ignore[arg-type] # by name


def clip(
    source: Material | Timeline,
    *,
    first: int = 0,
    frames: int = 25,
    start: float = 0.0,
    speed: Fraction | int = 1,
    **rest: Any,  # noqa: ANN401 - any field of a clip
) -> Clip:
    """`start`: seconds of the material."""
    begins, speed = round(start * _MICROSECONDS), Fraction(speed)
    made = Clip(
        id=f"clip-{first}",
        first=first,
        frames=frames,
        source=source,
        source_start=begins,
        source_duration=round(frames * speed / RATE * _MICROSECONDS),
        speed=speed,
        pieces=(SpeedPiece(frames=frames, source_start=begins, speed=speed),),
        placement=placed(),
    )
    return replace(made, **rest)


def timeline(*layers: Layer | Clip, frames: int = 25, canvas: Canvas = CANVAS, rate: Fraction = RATE) -> Timeline:
    """Each clip that is given without one has a layer of its own."""
    made = tuple(each if isinstance(each, Layer) else Layer(clips=(each,)) for each in layers)
    return Timeline(canvas=canvas, rate=rate, frames=frames, layers=made)


def row(*clips: Clip, transitions: tuple[Transition, ...] = ()) -> Layer:
    return Layer(clips=clips, transitions=transitions)
