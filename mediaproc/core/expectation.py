"""What an output is held to, and what is found in it: the two sides of a verification."""

from dataclasses import dataclass
from enum import StrEnum

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.probe import Probe


class Medium(StrEnum):
    """What a rendition is, which decides how it is looked at."""

    VIDEO = "video"
    SOUND = "sound"
    ANIMATION = "animation"
    PICTURE = "picture"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What an output must be. Seconds, bytes.

    `duration` is what the source's own streams declare and the output is held to; `hint` is what only the container
    declares, which real files overstate. `pictures` are those that the source's packets hold. `missing` is the part of
    the film (0 to 1) that the file surely has no more, `doubtful` the part that it has not where something else shows
    damage too. `last`: no further variant follows, so that what cannot be read now is the source's fault. `silenced`:
    the source's sound is left out. `encrypted`: parts of the source are, so that nothing decoded may mean that.
    `formats` are the demuxers that the output may be read with.
    """

    medium: Medium
    formats: tuple[str, ...]
    video_codec: str | None = None
    pixel_formats: tuple[str, ...] = ()
    codec_tag: str | None = None
    audio_codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    hint: float | None = None
    pictures: int | None = None
    missing: float = 0.0
    doubtful: float = 0.0
    silenced: bool = False
    encrypted: bool = False
    copied: bool = False
    last: bool = False
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class OutputFacts:
    """What was found in an output.

    `boxes`: the names of an mp4's top-level boxes in order; `decode_errors`: what the decoder wrote while it read the
    slices of `decode_slices`, empty when it read them all. `complained`: whether ffmpeg complained of the source while
    it made the output.
    """

    size: int
    probe: Probe
    boxes: tuple[str, ...] = ()
    video_packets: PacketFacts | None = None
    audio_packets: PacketFacts | None = None
    decode_errors: str = ""
    complained: bool = False


def copy_protected() -> BadSource:
    """The refusal of a film that nobody can decode without its key."""
    return BadSource(
        "The film is copy-protected and cannot be decoded; upload a copy without protection.",
        error_class=ErrorClass.UNDECODABLE,
    )
