"""How many pictures a second a rendition gets, where its source has more than is shown anywhere."""

import math

from mediaproc.core.probe import VideoStream

# Macroblocks (16 x 16 pixels) a second of level 5.2: 2160 lines at 60 pictures, 1080 lines at 240. Beyond it begin the
# levels for 8K, which few decoders in hardware take.
_MACROBLOCKS = 2_073_600
_MACROBLOCK = 16

# A measured rate that is no more than this part above the highest is the highest: 60.02 is 60.
_MEASURED = 0.05
# In less time than this (s) there are too few pictures to tell a rate.
_MEASURABLE = 0.5


def stride(video: VideoStream, *, size: tuple[int, int], highest: int) -> int:
    """Of how many pictures one is kept, so that no more than `highest` a second and than level 5.2 has are left."""
    rate = picture_rate(video)
    if rate is None:
        return 1
    blocks = math.ceil(size[0] / _MACROBLOCK) * math.ceil(size[1] / _MACROBLOCK)
    return max(1, math.ceil(rate / min(highest, _MACROBLOCKS / blocks) - _MEASURED))


def rate_flags(stride: int) -> tuple[str, ...]:
    """The flag that tells of pictures which were left out."""
    return ("frame_rate",) if stride > 1 else ()


def picture_rate(video: VideoStream) -> float | None:
    """Pictures a second on the whole, as the packets tell, else as the container states it."""
    packets = video.packets
    if packets is not None and packets.first is not None and packets.last is not None:
        seconds = packets.last - packets.first
        return (packets.count - 1) / seconds if seconds >= _MEASURABLE else None
    return None if video.frame_rate is None else float(video.frame_rate)


def is_slides(video: VideoStream) -> bool:
    """Whether less than one picture comes a second."""
    rate = picture_rate(video)
    return rate is not None and rate < 1
