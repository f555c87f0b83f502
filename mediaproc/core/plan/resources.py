"""What a transcode will need: memory, time and room, so that a node admits only what it can finish."""

from typing import assert_never

from mediaproc.core import ffmpeg_memory
from mediaproc.core.expectation import Medium
from mediaproc.core.limits import Limits
from mediaproc.core.plan.colour import is_hdr
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.profile import Profile

# The presets of x264 that look ahead only a little.
_FAST = frozenset({"ultrafast", "superfast", "veryfast"})

# Decoders round a picture's size up to their blocks (ratio). And a call or a recorded window that begins small may well
# grow to this (pixels).
_ROUNDED_UP = 1.125
_LEAST_DECODED = 1280 * 736

# What every estimate of an encode begins with, for the container's own tables (bytes).
_LEAST_ENCODE = 1024**2

# Bits that veryfast at crf 23 spends on a pixel of a lively film; the cap of the profile bounds it.
_BITS_PER_PIXEL = 0.15
_ASSUMED_RATE = 30

# The slowest real encodes (4K, HDR, one thread) take some 40 s of wall time per second and megapixel on a busy core.
_LEAST_WALL = 600.0
_WALL_PER_SECOND = 10.0
_WALL_PER_MEGAPIXEL_SECOND = 60.0

# A source that declares no length is taken to be as long as its bytes at so many bits a second.
_POOREST_RATE = 100_000


def audio_memory() -> int:
    """Bytes that ffmpeg will hold for sound alone."""
    return ffmpeg_memory.TRANSCODE_BASE


def decoded_pixels(video: VideoStream, *, limits: Limits) -> int:
    """The pixels of the largest picture that is decoded of a film that declares this size; its memory is for that."""
    return min(limits.max_pixels, max(_LEAST_DECODED, int(video.width * video.height * _ROUNDED_UP)))


def video_memory(video: VideoStream, *, size: tuple[int, int], threads: int, profile: Profile, limits: Limits) -> int:
    """Bytes that ffmpeg will hold for the largest pictures that it decodes of this film, and an output of `size`."""
    pixels = max(decoded_pixels(video, limits=limits), size[0] * size[1])
    tone_map = ffmpeg_memory.TONEMAP_BYTES_PER_PIXEL * pixels if is_hdr(video) else 0
    return ffmpeg_memory.TRANSCODE_BASE + encoder_memory(pixels, threads=threads, profile=profile) + tone_map


def encoder_memory(pixels: int, *, threads: int, profile: Profile) -> int:
    """Bytes that ffmpeg will hold for the encoder of pictures of so many pixels, and for their decoder."""
    a_pixel = (
        ffmpeg_memory.FAST_BYTES_PER_PIXEL if profile.encoder_speed in _FAST else ffmpeg_memory.SLOW_BYTES_PER_PIXEL
    )
    return pixels * (a_pixel + ffmpeg_memory.BYTES_PER_PIXEL_AND_THREAD * threads)


def wall_limit(probe: Probe, *, video: VideoStream | None, length: float | None, limits: Limits) -> float:
    """Seconds after which a transcode that still moves is stopped all the same: days at the most."""
    seconds = _seconds(length, probe=probe, limits=limits)
    megapixels = video.width * video.height / 1e6 if video else 0.0
    wall = _LEAST_WALL + seconds * (_WALL_PER_SECOND + _WALL_PER_MEGAPIXEL_SECOND * megapixels)
    return min(wall, limits.max_wall)


def encoded_size(length: float | None, *, size: tuple[int, int], bit_rate: int, probe: Probe, limits: Limits) -> int:
    """Bytes that an encode of this length and size may come to, at most `bit_rate` bits a second."""
    return size_of_seconds(_seconds(length, probe=probe, limits=limits), size=size, bit_rate=bit_rate)


def size_of_seconds(seconds: float, *, size: tuple[int, int], bit_rate: int) -> int:
    """The same for a length that is known."""
    rate = min(bit_rate, size[0] * size[1] * _ASSUMED_RATE * _BITS_PER_PIXEL + 200_000)
    return _LEAST_ENCODE + int(seconds * rate / 8)


def least_output(profile: Profile, *, limits: Limits) -> int:
    """The least output that a plan of this profile estimates (bytes): all that is known before the probe.

    The source's size tells nothing of the output's: an hour of a call and a second of raw film may have equally many
    bytes. A guess at more would refuse what fits.
    """
    match profile.medium:
        case Medium.VIDEO | Medium.AUDIO:
            return min(_LEAST_ENCODE, limits.max_output_bytes)
        case Medium.ANIMATION | Medium.IMAGE | Medium.REPORT:
            return 0
        case _:
            assert_never(profile.medium)


def _seconds(length: float | None, *, probe: Probe, limits: Limits) -> float:
    """Seconds of the source that a transcode makes: never more than the site allows, whatever a clock says."""
    declared = length if length is not None else max(0, probe.size or 0) * 8 / _POOREST_RATE
    return min(declared, limits.max_duration)
