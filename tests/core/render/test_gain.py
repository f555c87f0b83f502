"""The gain of a sound as ffmpeg's expression: never nested deeper than ffmpeg's parser goes."""

from fractions import Fraction

from mediaproc.core.render.gain import expression, loudness
from mediaproc.core.timeline import Curve, Interpolation, Keyframe, Material, MaterialKind
from tests.render.sounding import sound

_SONG = Material(id="song", kind=MaterialKind.SOUND, name="song.mp3")


def _depth(written: str) -> int:
    deepest = depth = 0
    for letter in written:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        deepest = max(deepest, depth)
    return deepest


def test_many_keyframes_are_a_shallow_and_bounded_expression() -> None:
    keyframes = tuple(
        Keyframe(at=Fraction(place), value=place % 7, interpolation=Interpolation.BEZIER) for place in range(20_000)
    )
    _, volume = loudness(sound(_SONG, frames=20_000, gain=Curve(keyframes=keyframes)), rate=Fraction(25), samples=1)
    assert _depth(volume) < 30
    assert len(volume) < 100_000


def test_two_values_at_one_time_are_a_step() -> None:
    assert expression([(0.0, 1.0), (1.0, 1.0), (1.0, 0.5), (2.0, 0.5)]).count("*") == 0


def test_as_recorded_is_no_filter() -> None:
    assert loudness(sound(_SONG), rate=Fraction(25), samples=96_000) == ()
    assert loudness(sound(_SONG, gain=Curve.constant(-1.0)), rate=Fraction(25), samples=1) == ("volume=0.000000",)
