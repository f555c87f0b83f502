"""The last picture of a film, where it stays longer than any other: a still, the end of a talk."""

import heapq
from dataclasses import dataclass

from mediaproc.core.plan import expected_length
from mediaproc.core.probe import Probe, VideoStream

# A last picture that stays longer than this, and twice as long as the others, is a held one (s).
_HELD = 1.0
_USUALLY = 2

# A picture that stays longer than this is worth an encode without B-frames (s).
_STILL = 0.1

# How long the copy is shown that ends a hold (s).
TICK = 0.04


@dataclass(frozen=True, kw_only=True)
class LastFrameHold:
    """When the last picture begins, on the file's clock, and how long it stays (s)."""

    begins: float
    lasts: float


def last_frame_hold(probe: Probe, video: VideoStream) -> LastFrameHold | None:
    """The hold at the end, None where the last picture stays about as long as any other."""
    packets = video.packets
    if packets is None or packets.last is None or packets.first is None:
        return None
    lasts = packets.last_duration or 0.0
    if packets.count == 1:
        # Where the only packet says nothing of its length, the stream or the container may.
        lasts = max(lasts, expected_length.declared_length(probe, video) or 0.0)
        usual = _STILL
    else:
        usual = max(_HELD, _USUALLY * (packets.last - packets.first) / (packets.count - 1))
    return LastFrameHold(begins=packets.last, lasts=lasts) if lasts > usual else None


def last_duration(video: VideoStream) -> float | None:
    """How long the last picture is shown (s): as its packet says, else as long as the one before it."""
    packets = video.packets
    if packets is None:
        return None
    last_two = heapq.nlargest(2, packets.times)
    before = last_two[0] - last_two[1] if len(last_two) > 1 else None
    return packets.last_duration or before or None


def has_stills(probe: Probe, video: VideoStream) -> bool:
    """Whether a picture is known to stay for long, somewhere or at the end."""
    hold = last_frame_hold(probe, video)
    longest = video.packets.longest_gap if video.packets is not None else 0.0
    return max(longest, hold.lasts if hold is not None else 0.0) > _STILL
