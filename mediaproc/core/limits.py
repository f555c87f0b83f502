"""What a site allows of an upload, and the limits that ffmpeg and ffprobe are given with it."""

from dataclasses import dataclass

from mediaproc.core.ffmpeg_memory import MAX_ALLOCATION

# Demuxers that read one file and nothing else. A playlist or a script (hls, concat, dash) names other files, and
# `-protocol_whitelist file` alone lets them be read: another upload's content ends up in the attacker's mp4.
SOURCE_FORMATS = (
    "avi",
    "mov",
    "matroska",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "flv",
    "asf",
    "rm",
    "ogg",
    "mxf",
    "dv",
    "gif",
    "h264",
    "hevc",
    "wtv",
    # One sound in one file each.
    "wav",
    "mp3",
    "flac",
    "aac",
    "amr",
    "aiff",
    "caf",
    "w64",
    "au",
    "ac3",
    "eac3",
    "wv",
    "ape",
    "tta",
)

# What a material of a project may be beside a film: a picture, or an animation. Each of them reads one file, too; and
# `nut` is what one step may leave to the next.
MATERIAL_FORMATS = (
    *SOURCE_FORMATS,
    *("png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "gif_pipe", "apng"),
    "nut",
)

# What takes about a day to decode and encode on one core: six hours of 2160 lines at 60 pictures a second. Where a site
# takes longer films, it takes as much longer ones of this kind.
_PIXELS_A_SECOND = 3840 * 2160 * 60
_USUAL_LONGEST = 6 * 3600.0
# A transcode may take so many times the length of such a film: three days, for the slowest films on a busy node.
_WALL_TO_LENGTH = 12


# How long ffmpeg may make no progress (s): a frame of 4K HDR takes some 10 s on one busy core, and the encoder looks
# ahead before it writes the first.
STALL_LIMIT = 300.0

# What is left free on a scratch disk (bytes): a disk filled to the last block stops its other users, the log first.
DISK_FLOOR = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a site allows; every plan is held to it. These are also the defaults of the settings of the same names."""

    # Seconds that a source may last.
    max_duration: float = _USUAL_LONGEST
    # Bytes that a source may have.
    max_size: int = 64 * 1024**3
    # Pixels of the longer side of a source's picture, and of the whole picture.
    max_side: int = 8192
    max_pixels: int = 8192 * 4320
    # Bytes that an output may have.
    max_output_bytes: int = 32 * 1024**3
    max_streams: int = 64
    # The part of a damaged source (0 to 1) that makes it worth a rendition.
    minimum_readable: float = 0.5
    # Whether a damaged source may have a rendition at all.
    accept_salvaged: bool = True

    @property
    def longest_of_most_pixels(self) -> float:
        """How long (s) a film of 2160 lines and 60 pictures a second may be: no other may have more pixels in all."""
        return max(self.max_duration, _USUAL_LONGEST)

    @property
    def max_wall(self) -> float:
        """After how long (s) any transcode is stopped."""
        return _WALL_TO_LENGTH * self.longest_of_most_pixels


def length_at_most_pixels(pixels: int) -> float:
    """How long (s) a film of 2160 lines and 60 pictures a second lasts that has so many pixels in all."""
    return pixels / _PIXELS_A_SECOND


def input_limits(limits: Limits, *, formats: tuple[str, ...] = SOURCE_FORMATS) -> tuple[str, ...]:
    """The options that stand before every `-i` (ffmpeg) and every input (ffprobe), in enqueue and executor alike."""
    return (
        # Each one keeps a crafted header from taking memory or time that its few bytes do not earn.
        *("-max_alloc", str(MAX_ALLOCATION)),
        *("-max_pixels", str(limits.max_pixels)),
        *("-max_streams", str(limits.max_streams)),
        # No network and no other file, neither by protocol nor by a format that names files.
        *("-protocol_whitelist", "file"),
        *("-format_whitelist", ",".join(formats)),
        # Enough to find a stream that starts 20 s late, bounded so that a probe cannot read a whole film.
        *("-analyzeduration", "20M"),
        *("-probesize", "50M"),
    )
