"""How much of each thing a draft has: more than is taken is refused while it is read, before it costs more."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from mediaproc.core.draft import refusals
from mediaproc.core.draft.limits import DraftLimits


class Counted(StrEnum):
    """What there may be too many of, in the words of the sentence."""

    SEGMENTS = "segments"
    REFERENCES = "references from segments to what the draft lists"
    CHARACTERS = "characters of text"
    STYLES = "styles of text"
    KEYFRAMES = "keyframes"
    RAMPS = "segments whose speed changes"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What has been counted so far of a draft and all within it."""

    limits: DraftLimits
    _counted: Counter[Counted] = field(default_factory=Counter)

    def take(self, counted: Counted, count: int) -> None:
        """Counts so many more.

        Raises:
            BadSource: these are more than the site takes.
        """
        self._counted[counted] += count
        most = self._most(counted)
        if self._counted[counted] > most:
            raise refusals.too_large(f"it has more than {most} {counted}")

    def so_far(self, counted: Counted) -> int:
        """How many there were until now."""
        return self._counted[counted]

    def _most(self, counted: Counted) -> int:
        return {
            Counted.SEGMENTS: self.limits.max_segments,
            Counted.REFERENCES: self.limits.max_references,
            Counted.CHARACTERS: self.limits.max_characters,
            Counted.STYLES: self.limits.max_styles,
            Counted.KEYFRAMES: self.limits.max_keyframes,
            Counted.RAMPS: self.limits.max_ramps,
        }[counted]
