"""From microseconds to frames: whatever lasts ends where its rounded end is, so that neighbours always touch."""

from dataclasses import dataclass
from fractions import Fraction

MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class FrameGrid:
    """The frames of a timeline of `rate` frames a second; frame 0 begins at 0."""

    rate: Fraction

    def frame(self, microseconds: int) -> int:
        """The nearest frame; what lies half between two goes to the later one."""
        return (2 * microseconds * self.rate.numerator + self._unit) // (2 * self._unit)

    def span(self, start: int, duration: int) -> tuple[int, int]:
        """The first frame of a range in microseconds and how many it has: rounded end minus rounded start."""
        first = self.frame(start)
        return first, self.frame(start + duration) - first

    def frames_in(self, microseconds: int) -> Fraction:
        """A length in frames, not rounded."""
        return Fraction(microseconds * self.rate.numerator, self._unit)

    def microseconds(self, frame: int) -> int:
        """Where a frame begins, to the nearest microsecond."""
        return (2 * frame * self._unit + self.rate.numerator) // (2 * self.rate.numerator)

    def are_same(self, one: int, other: int) -> bool:
        """Whether two times are at most half a frame apart: editors move what they save to their own grid."""
        return 2 * abs(one - other) * self.rate.numerator <= self._unit

    @property
    def _unit(self) -> int:
        return MICROSECONDS * self.rate.denominator
