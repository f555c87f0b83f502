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
_HUNDREDTHS = 100
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
    begin, after = math.floor(first / rate * _HUNDREDTHS), end / rate * _HUNDREDTHS
    if rate <= _COARSEST_RATE:
        return _event(begin, math.floor(after), words)
    # Longer than it shall be seen, and hidden before and after.
    shown, hidden = (math.floor(frame / rate * _HUNDREDTHS * 10) - begin * 10 for frame in (first, end))
    return _event(begin, math.ceil(after), f"{{\\fade(255,0,255,{shown},{shown},{hidden},{hidden})}}{words}")


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


def _event(begin: int, end: int, words: str) -> str:
    return f"Dialogue: 0,{_time(begin)},{_time(end)},D,,0,0,0,,{words}\n"


def _time(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, _HUNDREDTHS)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"
