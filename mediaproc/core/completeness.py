"""How complete an output is: which part of its source it holds. A hole in the middle counts like a missing end."""

from dataclasses import dataclass

from mediaproc.core.expectation import Expectation, Medium, OutputFacts
from mediaproc.core.tolerance import LENGTH_PART, length_tolerance


@dataclass(frozen=True, kw_only=True)
class ReadablePart:
    """The part of a source that could be read."""

    # From 0 to 1.
    ratio: float
    # Seconds that the source lasts, or lasted before it was damaged.
    whole: float

    @property
    def readable(self) -> float:
        """Seconds that could be read."""
        return self.ratio * self.whole


def readable_part(found: float, facts: OutputFacts, expectation: Expectation) -> ReadablePart | None:
    """What an output that lasts `found` seconds holds of its source; None where that is all of it."""
    declared = _declared(facts, expectation)
    is_short = declared is not None and found < declared - length_tolerance(declared)
    ratio = min(found / declared if declared and is_short else 1.0, _pictured(facts, expectation))
    if ratio >= 1.0:
        return None
    # A poster lasts no time, and an animation pads its last picture: the hint says what either one is made of.
    beside = expectation.content.hint if expectation.medium in {Medium.IMAGE, Medium.ANIMATION} else None
    return ReadablePart(ratio=ratio, whole=max(found, declared or 0.0, beside or 0.0))


def _declared(facts: OutputFacts, expectation: Expectation) -> float | None:
    if expectation.content.duration is not None:
        return expectation.content.duration
    hint = expectation.content.hint
    return hint if hint is not None and _sound_is_cut(facts, hint) else None


def _sound_is_cut(facts: OutputFacts, hint: float) -> bool:
    """Whether the sound too ends before the length that only the container declares."""
    until = facts.audio_packets.until if facts.audio_packets is not None else None  # sound may start late
    return until is not None and until < hint - length_tolerance(hint)


def _pictured(facts: OutputFacts, expectation: Expectation) -> float:
    """The part of the source's time of which there are pictures; 1 where hardly any lacks."""
    missing = expectation.content.doubtful if facts.complained else expectation.content.missing
    ratio = _kept_pictures(facts, expectation) * (1 - missing)
    return ratio if ratio < 1 - LENGTH_PART else 1.0


def _kept_pictures(facts: OutputFacts, expectation: Expectation) -> float:
    """The part of the pictures in the source's packets that came out whole; the output's length cannot tell it.

    Where ffmpeg complains of nothing, packets that gave no picture were never to be seen.
    """
    wanted, packets = expectation.content.pictures, facts.video_packets
    if not wanted or packets is None:
        return 1.0
    damaged = max(wanted - packets.count, facts.damaged_pictures) if facts.complained else 0
    lost = max(damaged, facts.dropped_pictures)
    return max(0.0, 1 - lost / wanted) if lost > 1 else 1.0
