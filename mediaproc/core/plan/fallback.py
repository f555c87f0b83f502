"""Which of a plan's variants is tried after one that failed, and what the attempt says when none is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.plan.model import Variant, VariantName

# After these another variant may do better; after the others (no memory, stopped) it would only cost more.
_WORTH_ANOTHER_VARIANT = frozenset({
    ErrorClass.TRANSCODE_FAILED,
    ErrorClass.VERIFICATION_FAILED,
    ErrorClass.STALLED,
    ErrorClass.TRUNCATED,
    ErrorClass.UNDECODABLE,
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tries:
    """The variants that are still to be tried, and the stall after which only one more is, where there was one.

    What makes ffmpeg stand still most often does so in every variant, and each waits for as long again.
    """

    variants: Sequence[Variant]
    stall: AttemptFailed | None = None

    @property
    def variant(self) -> Variant:
        """The one to try now."""
        return self.variants[0]

    def after(self, error: AttemptFailed | BadSource) -> "Tries":
        """What is left to be tried after the variant failed so. Raises the attempt's error where nothing is."""
        if self.stall is not None:
            raise _both(self.stall, error, variant=self.variant) from error
        left = self.variants[1:]
        if error.error_class not in _WORTH_ANOTHER_VARIANT or not left:
            raise error
        if isinstance(error, AttemptFailed) and error.error_class is ErrorClass.STALLED:
            return Tries(variants=_gentler(left), stall=error)
        return Tries(variants=left)


def _gentler(left: Sequence[Variant]) -> Sequence[Variant]:
    return [variant for variant in left if variant.name is VariantName.GENTLE][:1] or left[:1]


def _both(stall: AttemptFailed, error: AttemptFailed | BadSource, *, variant: Variant) -> AttemptFailed | BadSource:
    """The error of an attempt in which one variant stalled and the one after it failed too."""
    sentence = f"{stall} Then, as the variant {variant.name}: {error}"
    if isinstance(error, BadSource):
        return BadSource(sentence, error_class=error.error_class)
    # What was left of the time is no measure of the source.
    error_class = ErrorClass.STALLED if error.error_class is ErrorClass.TIMED_OUT else error.error_class
    return AttemptFailed(sentence, error_class=error_class, log_tail=error.log_tail or stall.log_tail)
