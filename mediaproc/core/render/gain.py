"""How loud a sound is over its time, as ffmpeg's filters: a gain that may change, and fades at both ends."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from mediaproc.core.timeline import Curve, Interpolation, Sound
from mediaproc.core.timeline.frame_grid import MICROSECONDS

# Samples a second of everything that is mixed.
SAMPLE_RATE = 48_000

# The volume filter takes one gain for all samples of a packet: a packet of 5 ms makes steps that nobody hears.
_PACKET = 256
# Of an eased way from one keyframe to the next: the error is about 0.1 dB.
_STRETCHES = 8
# Of one sound: so many straight stretches draw any curve that a person made.
_MOST_POINTS = 1000


def loudness(sound: Sound, *, rate: Fraction, samples: int) -> tuple[str, ...]:
    """The filters for a sound of so many samples whose first one has the time 0; none where it is as recorded."""
    return (*_gain(sound.gain, rate=rate, frames=sound.frames), *_fades(sound, samples=samples))


def _gain(curve: Curve, *, rate: Fraction, frames: int) -> tuple[str, ...]:
    if curve.is_constant:
        gain = max(0.0, curve.keyframes[0].value)
        return () if gain == 1 else (f"volume={gain:.6f}",)
    points = [(float(at / rate), value) for at, value in _points(curve, frames=frames)]
    return (f"asetnsamples=n={_PACKET}:p=0", f"volume=eval=frame:volume='{expression(points)}'")


def _points(curve: Curve, *, frames: int) -> Sequence[tuple[Fraction, float]]:
    """Frames and gains; straight lines between them are the curve."""
    eased = sum(1 for each in curve.keyframes if each.interpolation is Interpolation.BEZIER)
    if len(curve.keyframes) + eased * _STRETCHES <= _MOST_POINTS:
        return list(_corners(curve))
    step = Fraction(frames, _MOST_POINTS)
    return [(place * step, max(0.0, curve.value(place * step))) for place in range(_MOST_POINTS + 1)]


def _corners(curve: Curve) -> Iterator[tuple[Fraction, float]]:
    for here, there in zip(curve.keyframes, (*curve.keyframes[1:], None), strict=True):
        yield here.at, max(0.0, here.value)
        if there is None or here.interpolation is Interpolation.LINEAR:
            continue
        if here.interpolation is Interpolation.HOLD:
            yield there.at, max(0.0, here.value)
            continue
        for place in range(1, _STRETCHES):
            at = here.at + (there.at - here.at) * Fraction(place, _STRETCHES)
            yield at, max(0.0, curve.value(at))


def expression(points: Sequence[tuple[float, float]]) -> str:
    """A value in t that goes straight from point to point, and rests before the first and after the last.

    A tree of ifs, as deep as the logarithm of its points: ffmpeg's parser takes some twenty within each other.
    """
    first, last = points[0], points[-1]
    middle = _between(points) if len(points) > 1 else f"{first[1]:.6f}"
    return f"if(lt(t,{first[0]:.6f}),{first[1]:.6f},if(lt(t,{last[0]:.6f}),{middle},{last[1]:.6f}))"


def _between(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 2:  # noqa: PLR2004 - a line has two ends
        (start, value), (end, next_value) = points
        slope = (next_value - value) / (end - start) if end > start else 0.0
        return f"{value:.6f}+(t-{start:.6f})*{slope:.9f}" if slope else f"{value:.6f}"
    middle = len(points) // 2
    return f"if(lt(t,{points[middle][0]:.6f}),{_between(points[: middle + 1])},{_between(points[middle:])})"


def _fades(sound: Sound, *, samples: int) -> Iterator[str]:
    longest = {"in": sound.fade_in, "out": sound.fade_out}
    for way, microseconds in longest.items():
        lasts = min(microseconds * SAMPLE_RATE // MICROSECONDS, samples)
        if lasts > 0:
            start = 0 if way == "in" else samples - lasts
            yield f"afade=t={way}:ss={start}:ns={lasts}"
