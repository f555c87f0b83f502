"""Bare streams: the pictures of a camera without a container, and so without times."""

from dataclasses import replace
from fractions import Fraction

from mediaproc.core.probe import VideoStream

_FORMATS = frozenset({"h264", "hevc"})

# At how many pictures a second a stream is shown that states no rate: ffmpeg's own default.
USUAL_RATE = 25

# No film is shown faster. A stream that says so states the tick of its clock: a phone's is a millionth of a second, and
# 58 pictures would be over in one ten-thousandth.
_HIGHEST_RATE = 300


def is_elementary_stream(format_name: str) -> bool:
    """Whether ffprobe found a stream without a container; such a demuxer takes any bytes, by a file's name alone."""
    return format_name in _FORMATS


def without_its_clock(video: VideoStream) -> VideoStream:
    """The same stream, whose rates are unknown where it states the tick of its clock for them."""
    return replace(video, frame_rate=_believed(video.frame_rate), highest_rate=_believed(video.highest_rate))


def _believed(rate: Fraction | None) -> Fraction | None:
    return rate if rate is not None and rate <= _HIGHEST_RATE else None
