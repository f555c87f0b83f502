"""How much of its source an output holds: one with a hole in the middle is no more whole than one without an end."""

from dataclasses import dataclass

from mediaproc.core.expectation import Expectation, Medium, OutputFacts

# An output that lacks so little of what its source declares is whole (a part of it; s). Of a short film a whole second
# would be half of it, and of a very short one a single picture is more than the part.
_PART, _SHORT_PART = 0.01, 0.1
_LONGEST_SLACK, _SHORTEST_SLACK = 1.0, 0.1


@dataclass(frozen=True, kw_only=True)
class Part:
    """Seconds that could be read, of those that there are or were."""

    ratio: float
    whole: float

    @property
    def readable(self) -> float:
        """What could be read of the whole, in seconds."""
        return self.ratio * self.whole


def readable_part(found: float, facts: OutputFacts, expectation: Expectation) -> Part | None:
    """What an output that lasts `found` seconds holds of its source; None where that is all of it."""
    declared = _declared(facts, expectation)
    is_short = declared is not None and found < declared - tolerance(declared)
    ratio = min(found / declared if declared and is_short else 1.0, _pictured(facts, expectation))
    if ratio >= 1.0:
        return None
    # A poster lasts no time, and an animation pads it: what they are of is told beside them.
    beside = expectation.content.hint if expectation.medium in {Medium.IMAGE, Medium.ANIMATION} else None
    return Part(ratio=ratio, whole=max(found, declared or 0.0, beside or 0.0))


def _declared(facts: OutputFacts, expectation: Expectation) -> float | None:
    if expectation.content.duration is not None:
        return expectation.content.duration
    hint = expectation.content.hint
    return hint if hint is not None and _sound_is_cut(facts, hint) else None


def _sound_is_cut(facts: OutputFacts, hint: float) -> bool:
    """Whether the sound too ends before the length that only the container declares."""
    until = facts.audio_packets.until if facts.audio_packets is not None else None  # sound may start late
    return until is not None and until < hint - tolerance(hint)


def tolerance(seconds: float) -> float:
    """How much of so many declared seconds may lack without anybody missing it."""
    return max(min(_LONGEST_SLACK, seconds * _SHORT_PART), _SHORTEST_SLACK, seconds * _PART)


def _pictured(facts: OutputFacts, expectation: Expectation) -> float:
    """The part of the source's time of which there are pictures; 1 where hardly any lacks."""
    missing = expectation.content.doubtful if facts.complained else expectation.content.missing
    ratio = _kept_pictures(facts, expectation) * (1 - missing)
    return ratio if ratio < 1 - _PART else 1.0


def _kept_pictures(facts: OutputFacts, expectation: Expectation) -> float:
    """Of the pictures in the source's packets, the part that came out whole: the length tells nothing of the others.

    Packets that nobody complains of and that give no picture were never to be seen.
    """
    wanted, packets = expectation.content.pictures, facts.video_packets
    if not wanted or packets is None:
        return 1.0
    damaged = max(wanted - packets.count, facts.damaged_pictures) if facts.complained else 0
    lost = max(damaged, facts.dropped_pictures)
    return max(0.0, 1 - lost / wanted) if lost > 1 else 1.0
