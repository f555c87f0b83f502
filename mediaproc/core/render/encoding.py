"""How drawn pictures and mixed sound are encoded: as a film of the profile is, at a rate that never varies."""

from fractions import Fraction

from mediaproc.core.plan import arguments
from mediaproc.core.profile import Profile

# The clock of an mp4 (ticks a second) is at least so fine, as ffmpeg itself chooses it.
_FINEST_COARSE_CLOCK = 10_000


def encode_pictures(label: str, *, rate: Fraction, profile: Profile, threads: int) -> tuple[str, ...]:
    """The end of a graph as H.264, each picture as long as the others.

    No `-frames:v`: ffmpeg 5.1 ends the sound, too, when it has so many pictures, and 30 ms are missing.
    """
    return (
        *("-map", label, "-filter_complex_threads", str(threads)),
        *("-r", f"{rate.numerator}/{rate.denominator}", "-fps_mode", "cfr"),
        *arguments.x264(profile, threads=threads, bound=arguments.bit_rate_bound(profile)),
        # Said to the encoder as well: not every build of ffmpeg hands on what the pictures say of themselves.
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *even_clock(rate),
    )


def even_clock(rate: Fraction) -> tuple[str, ...]:
    """The clock of an mp4, in which each picture of this rate lasts a whole number of ticks."""
    factor = 1
    while rate.numerator * factor < _FINEST_COARSE_CLOCK:
        factor *= 2
    return ("-video_track_timescale", str(rate.numerator * factor))


def encode_sound(label: str, *, profile: Profile) -> tuple[str, ...]:
    """The end of a graph as AAC."""
    return ("-map", label, "-c:a", "aac", "-b:a", str(profile.audio_bit_rate), "-ar", "48000")
