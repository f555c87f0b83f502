"""The language of ASS: how times, colours and words are written, so that words are only ever words."""

import math
from fractions import Fraction

from mediaproc.core.captions.characters import is_blank
from mediaproc.core.captions.chosen import Stretch
from mediaproc.core.faces.face import Face
from mediaproc.core.faces.face_copy import STAND_INS
from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.model import Canvas

# Frames a second up to which the hundredths of a second of ASS tell each frame from the next.
_COARSEST_RATE = 100
_OPAQUE = 255
_PLAIN_BLANKS = " \N{NO-BREAK SPACE}"

_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
Kerning: no
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: D,{family},20,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def header(canvas: Canvas, *, family: str) -> str:
    """What a document begins with; lengths are pixels of the canvas.

    No line is broken by libass, kerning is off as in the exports by which sizes were measured, and colours are taken as
    they are written, whatever matrix the picture has.
    """
    return _HEADER.format(width=canvas.width, height=canvas.height, family=family)


def dialogue(words: str, *, first: int, end: int, rate: Fraction) -> str:
    """One event, shown in the frames from `first` to before `end`, which begin at their number by the rate.

    libass shows what begins at the time of a frame, in whole milliseconds, or before it, and does not end until then.
    """
    times = f"{_time(first, rate=rate)},{_time(end, rate=rate)}"
    return f"Dialogue: 0,{times},D,,0,0,0,,{_exact_times(first, end, rate=rate)}{words}\n"


def number(value: float) -> str:
    """A number as ASS takes it, in plain digits."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


def colour(which: int, value: Colour, *, opacity: float) -> str:
    """The override of colour 1 (letters) or 3 (what is around them), and of how far one can see through it."""
    alpha = _OPAQUE - round(value.alpha * opacity)
    return f"\\{which}c&H{value.blue:02X}{value.green:02X}{value.red:02X}&\\{which}a&H{alpha:02X}&"


def literal(stretch: Stretch) -> str:
    r"""Words that do nothing: what means something in ASS has its stand-in, and no blank is dropped."""
    face = stretch.file.source.face
    return "".join(_literal(character, face) for character in stretch.words)


def _literal(character: str, face: Face) -> str:
    if character in STAND_INS:
        return STAND_INS[character]
    # libass drops plain blanks at the ends of a line.
    if is_blank(character) and (character in _PLAIN_BLANKS or not face.has(character)):
        return "\\h"
    return character


def _time(frame: int, *, rate: Fraction) -> str:
    hundredths = math.floor(frame / rate * 100)
    return f"{hundredths // 360_000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def _exact_times(first: int, end: int, *, rate: Fraction) -> str:
    """Hides what the coarse times of an event show too much, at rates at which that is a frame."""
    if rate <= _COARSEST_RATE:
        return ""
    begin = math.floor(first / rate * 100) * 10
    shown, hidden = (math.floor(frame / rate * 1000) - begin for frame in (first, end))
    return f"{{\\fade(255,0,255,{shown},{shown},{hidden},{hidden})}}"
