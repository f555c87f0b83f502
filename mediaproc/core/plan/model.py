"""The values that a plan is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mediaproc.core.expectation import Expectation
from mediaproc.core.ffmpeg_memory import MORE_MEMORY
from mediaproc.core.limits import Limits
from mediaproc.core.notes import Note
from mediaproc.core.plan.comparison import Comparison
from mediaproc.core.probe import VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.step import GRAPH_OPTION, Step

__all__ = ["GRAPH_OPTION", "Plan", "Step", "Variant", "VariantName"]


class VariantName(StrEnum):
    """The ways to make a rendition; history keeps the one that gave it, as its `decision`."""

    # The picture's packets as they are.
    COPY = "copy"
    ENCODE = "encode"
    # A poster from the film's beginning, where none came from further into it.
    START = "start"
    # An encode that drops no packet and gives up on no damage.
    GENTLE = "gentle"
    # A gentle encode without the source's sound.
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to make the rendition; the runner of ffmpeg adds `-nostdin -y -v ... -progress ...`."""

    name: VariantName
    # What stands before `-i file:SOURCE`.
    input_arguments: tuple[str, ...]
    # What stands between that and `file:OUTPUT`.
    output_arguments: tuple[str, ...]
    # Why each stream is encoded; history keeps them.
    flags: tuple[str, ...]
    # What the verification holds the output to.
    expectation: Expectation
    # Whether the picture and the sound are encoded, and so worth comparing with the source's.
    encodes_video: bool = False
    encodes_audio: bool = False
    # One after the other, in place of the one run that the arguments above are; where a plan has several inputs.
    steps: tuple[Step, ...] = ()

    @property
    def only_copies(self) -> bool:
        """Whether nothing is decoded or encoded, so that it costs next to no CPU."""
        return self.name is VariantName.COPY and not self.encodes_audio


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run for one task, and what to expect of it."""

    profile: Profile
    output_name: str
    mime_type: str
    # Tried in order within one attempt, each after the one before it failed (`core/plan/fallback.py`).
    variants: tuple[Variant, ...]
    # Seconds, for the progress.
    duration: float | None
    # Bytes that the transcode is admitted with.
    memory: int
    # Seconds after which a transcode is stopped.
    wall_limit: float
    # Bytes.
    output_estimate: int
    # Output arguments that decode one picture or one second of sound: when the last variant fails and these give
    # nothing either, the source is undecodable.
    decode_test: tuple[str, ...]
    # What of the source the output is compared with, where the source's times tell that.
    comparison: Comparison | None = None
    # The source's container, as ffmpeg names it.
    container: str = ""
    # The stream that is shown; None for sound alone.
    video: VideoStream | None = None
    # How many pixels a decoded picture may have; `memory` is meant for that.
    decoded_pixels: int = 0
    # Whether this is already the plan with more memory.
    is_roomy: bool = False
    # What the room holds besides the inputs before the first step, by name: filter graphs, captions, lists of files.
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    # What the uploader calls each material, by its name in the room.
    materials: Mapping[str, str] = field(default_factory=dict, repr=False)
    # What of the source is drawn otherwise than its editor would draw it.
    notes: tuple[Note, ...] = field(default=(), repr=False)

    @property
    def flags(self) -> tuple[str, ...]:
        """Why each stream is encoded, as the first variant does it; empty when all are copied."""
        return self.variants[0].flags

    @property
    def expectation(self) -> Expectation:
        """What the first variant's output must be; each variant has its own."""
        return self.variants[0].expectation

    def input_arguments(self, variant: Variant) -> tuple[str, ...]:
        """The variant's, and the largest picture that its decoder takes: larger ones were not admitted."""
        if self.video is None:
            return variant.input_arguments
        return (*variant.input_arguments, f"-max_pixels:{self.video.index}", str(self.decoded_pixels))

    def with_more_memory(self, *, most: int, limits: Limits) -> "Plan":
        """The plan for a source that needs more memory than it declares: with pictures as large as the site takes.

        `most` is all that the executor may give one transcode (bytes).
        """
        memory = max(self.memory, min(self.memory + MORE_MEMORY, most))
        return replace(self, memory=memory, decoded_pixels=limits.max_pixels, is_roomy=True)
