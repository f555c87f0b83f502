"""What an output is held to, and what is found in it: the two sides of a verification."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

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
    the source's sound is left out. `times`: when the source shows its pictures,
    `sound_end` when its sound ends, both on the output's clock, where that is known; `holds`: one more picture ends the
    hold of the last one. `copied`, `copies_sound`: the picture, the sound is the source's own; `keeps_units`:
    with all that its stream holds beside pictures.
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
    copied: bool = False
    copies_sound: bool = False
    keeps_units: bool = False
    times: Sequence[float] = field(default=(), repr=False)
    sound_end: float | None = None
    holds: bool = False
    last: bool = False
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class OutputFacts:
    """What was found in an output.

    `boxes`: the names of an mp4's top-level boxes in order; `decode_errors`: what the decoder wrote while it read the
    slices of `decode_slices`, empty when it read them all. `complained`: whether ffmpeg complained of the source while
    it made the output; `damaged_pictures`: of how many pictures its decoder said that they are broken,
    `dropped_pictures`: how many were decoded and left out.
    `difference`: how it looks or sounds otherwise than its source, where that was told; `copy_fault`: what the bytes of
    copied streams show that no player bears.
    """

    size: int
    probe: Probe
    boxes: tuple[str, ...] = ()
    video_packets: PacketFacts | None = None
    audio_packets: PacketFacts | None = None
    decode_errors: str = ""
    complained: bool = False
    damaged_pictures: int = 0
    dropped_pictures: int = 0
    difference: str | None = None
    copy_fault: str | None = None
