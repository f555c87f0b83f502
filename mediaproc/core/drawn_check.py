"""Whether an output that is drawn of several materials is what was planned: each picture in its place, none black."""

from collections.abc import Iterator
from fractions import Fraction

from mediaproc.core.expectation import DrawnExpectation, Listen, Look, OutputFacts
from mediaproc.core.packets import PacketFacts
from mediaproc.core.similarity import CELLS_A_SIDE, Cells, Levels, is_alike, is_silenced

# How far the length and the begin of the sound may be off (s): AAC ends with a whole packet.
_SOUND_APART = 0.05
# By how much the stated rate may be off (ratio), and a picture's time (pictures).
_RATE_APART, _PICTURE_APART = 0.0005, 0.3

# What is drawn is in these colours, and players guess others where nothing says so.
_COLOURS = "bt709"

# A material is surely seen where a cell of it, on the whole, is so bright or so colourful (values of Y, U and V).
_SEEN_LUMA, _SEEN_CHROMA, _GREY = 40.0, 20.0, 128.0
# A picture is black where no pixel is brighter than black, and no cell more colourful than a coder makes of grey.
BLACK_LUMA, _BLACK_CHROMA = 26, 6.0
# The values of Y with which it is told of each pixel whether it is brighter than that.
DARK, LIGHT = 16, 235


def drawn_fault(facts: OutputFacts, drawn: DrawnExpectation) -> str | None:
    """What of the output's streams is not as planned, as the end of "The output is not what was planned: ..."."""
    return _picture_fault(facts, drawn) or _sound_fault(facts, drawn)


def _picture_fault(facts: OutputFacts, drawn: DrawnExpectation) -> str | None:
    packets = facts.video_packets or PacketFacts()
    if packets.count != drawn.frames:
        return f"it has {packets.count} pictures and not {drawn.frames}"
    stated = facts.probe.videos[0].frame_rate if facts.probe.videos else None
    if drawn.frames > 1 and (stated is None or abs(stated / drawn.rate - 1) > _RATE_APART):
        return f"it has {_told(stated)} pictures a second and not {_told(drawn.rate)}"
    if any(
        {video.color_space, video.color_primaries, video.color_transfer} != {_COLOURS} for video in facts.probe.videos
    ):
        return "its colours are not tagged as BT.709"
    begin, apart = packets.first or 0.0, _PICTURE_APART / drawn.rate
    for place, time in enumerate(sorted(packets.times)):
        if abs(time - begin - place / drawn.rate) > apart:
            return f"its picture {place + 1} is shown at {time:.3f} s and not {float(place / drawn.rate):.3f} s"
    return None


def _told(rate: Fraction | None) -> str:
    return "an unknown number of" if rate is None else f"{float(rate):.6g}"


def _sound_fault(facts: OutputFacts, drawn: DrawnExpectation) -> str | None:
    packets = facts.audio_packets
    if drawn.audio_seconds is None:
        return "it has sound where none was planned" if facts.probe.audios else None
    if packets is None or packets.until is None or packets.first is None:
        return "it has no sound"
    if packets.first > _SOUND_APART:
        return f"its sound begins at {packets.first:.2f} s"
    if abs(packets.until - drawn.audio_seconds) > _SOUND_APART:
        return f"its sound lasts {packets.until:.2f} s and not {drawn.audio_seconds:.2f} s"
    return None


def look_fault(
    look: Look,
    *,
    drawn: DrawnExpectation,
    wanted: Cells | None,
    found: Cells | None,
    lights: Cells | None,
    shown: Cells | None,
) -> str | None:
    """What is wrong with one picture of the output.

    `wanted` is the one that was drawn alone, `found` the output's with those on both sides of it, `lights` where these
    are brighter than black; `shown` the material's that is seen in it. None where there is no such picture.
    """
    at = f"{float(look.frame / drawn.rate):.2f} s"
    if found is None:
        return f"there is no picture at {at}"
    if shown is not None and _is_seen(shown) and _is_black(found, lights=lights or ()):
        return f"the picture at {at} is black"
    if wanted is not None and not any(is_alike(wanted, each) for each in _apart(found)):
        return f"the picture at {at} is not the one that was planned"
    return None


def _apart(cells: Cells) -> Iterator[Cells]:
    """The pictures whose cells were told one after the other."""
    size = CELLS_A_SIDE**2
    for begin in range(0, len(cells) - size + 1, size):
        yield cells[begin : begin + size]


def _is_seen(cells: Cells) -> bool:
    means: list[float] = [sum(values) / len(cells) for values in zip(*cells, strict=True)]
    luma, *chroma = means
    return luma >= _SEEN_LUMA or max(abs(value - _GREY) for value in chroma) >= _SEEN_CHROMA


def _is_black(cells: Cells, *, lights: Cells) -> bool:
    is_dark = all(luma <= DARK for luma, _, _ in lights)
    return is_dark and all(abs(u - _GREY) <= _BLACK_CHROMA and abs(v - _GREY) <= _BLACK_CHROMA for _, u, v in cells)


def listen_fault(listen: Listen, *, wanted: Levels, found: Levels) -> str | None:
    """What is wrong with one piece of the output's sound; `wanted` is the material's."""
    return f"its sound is silent at {listen.start:.2f} s" if is_silenced(wanted, found) else None
