"""What an output is held to, and what is found in it: the two sides of a verification."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.probe import Probe
from mediaproc.core.step import Step


class Medium(StrEnum):
    """What a rendition is: it decides which plan is made for it and how it is verified."""

    VIDEO = "video"
    AUDIO = "audio"
    ANIMATION = "animation"
    IMAGE = "image"
    # A short text about the source, such as its checksums.
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class ExpectedStreams:
    """The form of an output; None: not checked, or for a codec that there is no such stream."""

    # The demuxers that the output may be read with.
    formats: tuple[str, ...]
    video_codec: str | None = None
    # The pixel formats that the picture may have.
    pixel_formats: tuple[str, ...] = ()
    # How an mp4 names the codec of its picture.
    codec_tag: str | None = None
    audio_codec: str | None = None
    # Pixels.
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExpectedContent:
    """How much of the source an output must hold, and what the source itself has lost."""

    # Seconds that the source's own streams declare; the output is held to them.
    duration: float | None = None
    # Seconds that only the source's container declares, which real files overstate.
    hint: float | None = None
    # How many pictures the source's packets hold.
    pictures: int | None = None
    # The part of the film (0 to 1) that the source has surely lost.
    missing: float = 0.0
    # The part of the film (0 to 1) that the source has lost if something else shows damage too; not below `missing`.
    doubtful: float = 0.0
    # Whether the plan leaves out the source's sound.
    silenced: bool = False


@dataclass(frozen=True, kw_only=True)
class ExpectedTiming:
    """When pictures and sound must play, in seconds on the output's clock, as far as the source tells."""

    # When the source shows its pictures; empty where that is not known.
    times: Sequence[float] = field(default=(), repr=False)
    # When the source's sound ends.
    audio_end: float | None = None
    # Whether the last picture is shown once more, to end its hold.
    repeats_last_picture: bool = False


@dataclass(frozen=True, kw_only=True)
class CopiedStreams:
    """Which streams of an output are the source's own packets."""

    video: bool = False
    audio: bool = False
    # Whether a copied picture keeps the units of its stream that make no picture.
    keeps_units: bool = False


@dataclass(frozen=True, kw_only=True)
class Look:
    """One picture of a drawn output, to be held to the same one drawn alone."""

    # Counted from 0.
    frame: int
    # Draws that one picture, lossless and in the output's pixel format, into a file of the room (matroska, ffvhuff).
    step: Step
    # A material that is seen in this picture (its name in the room), and its own time (s) then: where it is not black
    # there, the output's picture is not. Empty where no material is sure to be seen.
    shows: str = ""
    seconds: float = 0.0
    # Which of the material's streams is seen, by its index; None: the first that shows pictures.
    stream: int | None = None


@dataclass(frozen=True, kw_only=True)
class Listen:
    """A piece of a drawn output's sound that is not silent where the material under it is not; all times in seconds."""

    start: float
    duration: float
    # The material's name in the room.
    source: str
    source_start: float
    # Which of the material's streams is heard, by its index; None: the first that has sound.
    stream: int | None = None


@dataclass(frozen=True, kw_only=True)
class DrawnExpectation:
    """What an output that is drawn of several materials must be, to the picture."""

    frames: int
    # Pictures a second.
    rate: Fraction
    # How long the sound lasts (s); None where there is none.
    audio_seconds: float | None
    looks: tuple[Look, ...] = ()
    listens: tuple[Listen, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExpectedReport:
    """The form of a report: lines of UTF-8, each of which ends."""

    # A regular expression for the whole of each line.
    line: str
    least_lines: int = 1
    most_lines: int = 1000
    # Bytes.
    most_bytes: int = 1024**2


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What the output of one variant must be."""

    medium: Medium
    streams: ExpectedStreams
    content: ExpectedContent = ExpectedContent()
    timing: ExpectedTiming = ExpectedTiming()
    copied: CopiedStreams = CopiedStreams()
    # Of an output that is drawn of several materials; `content` and `timing` tell of one source.
    drawn: DrawnExpectation | None = None
    # Of a report, which has no streams.
    report: ExpectedReport | None = None
    # Whether no further variant follows, so that what cannot be read now is the source's fault.
    is_last: bool = False
    # What the site allows.
    limits: Limits

    @property
    def blames_source(self) -> bool:
        """Whether what lacks in an output lacked in its source; what was drawn of several materials cannot tell."""
        return self.is_last and self.drawn is None


@dataclass(frozen=True, kw_only=True)
class OutputFacts:
    """What was found in an output, and what the run that made it said."""

    # Bytes.
    size: int
    probe: Probe
    # The names of an mp4's top-level boxes, in order.
    boxes: tuple[str, ...] = ()
    video_packets: PacketFacts | None = None
    audio_packets: PacketFacts | None = None
    # What the decoder wrote while it read the slices of `decoding_budget`; empty when it read them all.
    decode_errors: str = ""
    # Whether ffmpeg complained of the source while it made the output.
    complained: bool = False
    # How many of the source's pictures the decoder called broken.
    damaged_pictures: int = 0
    # How many pictures ffmpeg decoded and left out.
    dropped_pictures: int = 0
    # How the output looks or sounds otherwise than its source, where the two were compared.
    difference: str | None = None
    # What the bytes of the streams show that no player bears.
    byte_fault: str | None = None
