"""What a task is expected to take of a slot, in seconds, before anybody has worked on it: for the order of claims."""

from typing import assert_never

from mediaproc.core.expectation import Medium
from mediaproc.core.plan import Plan
from mediaproc.core.position import LEAST_COST
from mediaproc.core.profile import Profile
from mediaproc.core.timeline import Timeline

# A slot encodes so many pixels a second with the fast presets of x264, and with the slower ones. A node may be twice as
# fast: all that counts for the order is how the tasks of one node compare.
_FAST_PIXELS, _SLOW_PIXELS = 100e6, 35e6
_FAST = frozenset({"ultrafast", "superfast", "veryfast"})
_ASSUMED_RATE = 30.0

# So many times faster than it plays: packets that are copied, and sound that is encoded.
_COPY_SPEED, _SOUND_SPEED = 200.0, 50.0

# What drawing adds to an encode of the same frames (ratio).
_DRAWN = 1.3

# Seconds of a film that does not say how long it is.
_ASSUMED_LENGTH = 60.0

# Bytes of a file of which nothing more is known, for a second of work: such as 8 Mbit/s of a film in HD.
_BYTES_A_SECOND = 1e6


def expected_cost(plan: Plan) -> float:
    """Seconds of one slot's work, by the first variant of the plan; at least `LEAST_COST`."""
    length = _ASSUMED_LENGTH if plan.duration is None else plan.duration
    match plan.profile.medium:
        case Medium.VIDEO | Medium.ANIMATION:
            seconds = _of_pictures(plan, length=length)
        case Medium.AUDIO:
            seconds = length / _SOUND_SPEED
        case Medium.IMAGE | Medium.REPORT:
            seconds = 0.0
        case _:
            assert_never(plan.profile.medium)
    return max(LEAST_COST, seconds)


def cost_of_drawing(timeline: Timeline, *, profile: Profile) -> float:
    """The same of a timeline: each frame is encoded, and what lies on it is drawn before."""
    pixels = timeline.canvas.width * timeline.canvas.height * timeline.frames
    seconds = pixels * _DRAWN / (_FAST_PIXELS if profile.encoder_speed in _FAST else _SLOW_PIXELS)
    return max(LEAST_COST, seconds)


def cost_of_unknown(size: int) -> float:
    """The same of a file of so many bytes, whose facts nobody has kept."""
    return max(LEAST_COST, size / _BYTES_A_SECOND)


def _of_pictures(plan: Plan, *, length: float) -> float:
    video = plan.video
    if video is None:
        return length / _SOUND_SPEED
    if plan.variants[0].only_copies:
        return length / _COPY_SPEED
    if not plan.variants[0].encodes_video and plan.profile.medium is Medium.VIDEO:
        return length / _SOUND_SPEED
    rate = min(float(video.frame_rate or _ASSUMED_RATE), plan.profile.max_frame_rate)
    speed = _FAST_PIXELS if plan.profile.encoder_speed in _FAST else _SLOW_PIXELS
    return length * rate * video.width * video.height / speed
