"""The values that a plan is made of."""

from dataclasses import dataclass, replace

from mediaproc.core.limits import Limits
from mediaproc.core.plan.comparison import Comparison
from mediaproc.core.probe import VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.verification import Expectation

# What a plan with more memory has beside what its pictures declare: a film that grew from 320x240 to 8192x4320 took
# 860 MB more (bytes).
_MORE_MEMORY = 1024**3


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to make the rendition.

    `input_arguments` stand before `-i file:SOURCE`, `output_arguments` between it and `file:OUTPUT`; whoever runs
    ffmpeg adds the rest (`-nostdin -y -v ... -progress ...`). `expectation` is what `judge` is asked with. `shows_anew`
    and `sounds_anew`: the film or its sound is encoded, and so worth comparing with the source's.
    """

    name: str
    input_arguments: tuple[str, ...]
    output_arguments: tuple[str, ...]
    flags: tuple[str, ...]
    expectation: Expectation
    shows_anew: bool = False
    sounds_anew: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run for one task, and what to expect of it.

    `variants` are tried in order within one attempt, each after the one before it raised AttemptFailed; `duration`
    (s) is for the progress; `memory` and `output_estimate` are bytes, `wall_limit` seconds. `decode_test` are output
    arguments, but for the output's format and name, that decode one picture or one second of sound: when the last
    variant fails and this gives nothing either, the source is undecodable. `comparison`: what of the source the output
    is compared with, where that can be told; `film`: which of its streams is shown, `decoded_pixels`: of how many
    pixels its largest picture may be, for which `memory` is meant.
    """

    profile: Profile
    output_name: str
    mime_type: str
    variants: tuple[Variant, ...]
    duration: float | None
    memory: int
    wall_limit: float
    output_estimate: int
    decode_test: tuple[str, ...]
    comparison: Comparison | None = None
    film: VideoStream | None = None
    decoded_pixels: int = 0
    is_roomy: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """Why each stream is encoded, as the first variant does it; empty when all are copied."""
        return self.variants[0].flags

    @property
    def expectation(self) -> Expectation:
        """What the first variant's output must be; each variant has its own."""
        return self.variants[0].expectation

    def input_arguments(self, variant: Variant) -> tuple[str, ...]:
        """Those of the variant, and that its decoder takes no larger pictures than there is memory for."""
        if self.film is None:
            return variant.input_arguments
        return (*variant.input_arguments, f"-max_pixels:{self.film.index}", str(self.decoded_pixels))

    def with_more_memory(self, *, most: int, limits: Limits) -> "Plan":
        """For a source that turns out to need more than it declares: pictures as large as the site takes.

        `most` is what there is (bytes).
        """
        memory = max(self.memory, min(self.memory + _MORE_MEMORY, most))
        return replace(self, memory=memory, decoded_pixels=limits.max_pixels, is_roomy=True)
