"""Where an output is decoded and compared: at key frames, so that next to nothing is decoded on the way."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mediaproc.core.decoding_budget import Amount

# The picture of a moment is at most so far from it (s): the coarsest clock that was met has milliseconds.
NEAR = 0.003

# A seek goes to a little before a moment (s), whose time may be rounded up.
_BEFORE = 0.1
# An mp4's demuxer seeks by times that B-frames shift by some pictures: so soon behind a key frame it does not find it.
_SHIFTED = 4
# A film is read until so many pictures behind the moment: a decoder may show them before it, and reading ends there.
_PICTURES_BEHIND = 6
# Where no key frame is near enough, the place is so many pictures behind the beginning.
_PICTURES_IN = 10
_USUAL_RATE = 25.0

# The pictures of a film that is decoded in full which are compared: near its beginning, in its middle, near its end.
_SHARES = (0.1, 0.5, 0.9)
# The parts of a film that have one place each (from, to, and where it is best), the first one first.
_PARTS = ((1 / 3, 2 / 3, 0.5), (2 / 3, 1.0, 1.0), (0.0, 1 / 3, 0.1))
# A single place is anywhere but at the very beginning, which is black in many films.
_ANYWHERE = ((0.05, 1.0, 0.5),)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """When pictures are shown (s, on the rendition's clock): those that both sides have, and each one's key frames."""

    length: float
    times: Sequence[float] = ()
    source_keys: Sequence[float] = ()
    output_keys: Sequence[float] = ()
    # When the sound that is compared ends, and whether a seek in the source may begin in the middle of a packet of it.
    sound_end: float = 0.0
    is_cut_by_seeks: bool = False

    @property
    def picture(self) -> float:
        """Seconds that a picture lasts on the whole."""
        shown = len(self.times)
        return (self.times[-1] - self.times[0]) / (shown - 1) if shown > 1 else 1 / _USUAL_RATE


@dataclass(frozen=True, kw_only=True)
class Portion:
    """What one run of ffmpeg decodes (s on the rendition's clock)."""

    # The slice of the output; 0 and inf: all of it.
    begin: float = 0.0
    length: float = math.inf
    # The pictures that are compared, and what is read of the source for them.
    moments: tuple[float, ...] = ()
    source_begin: float = 0.0
    source_length: float = math.inf
    # The piece of sound that is compared: where it begins (None: none is), and how long it is.
    piece: float | None = None
    piece_length: float = math.inf
    # Whether every key frame of the output is decoded too.
    key_frames: bool = False


def portions(amount: Amount, timeline: Timeline) -> Iterator[Portion]:
    """What is decoded, in this order; each portion is worth having without those that follow."""
    if amount.is_whole:
        yield _whole(timeline)
        return
    parts = _PARTS[: amount.places] if amount.places > 1 else _ANYWHERE
    for number, part in enumerate(parts):
        begin, length, moment = _slice(amount, timeline, part=part, is_first=number == 0)
        source_begin = _seek(moment, timeline, keys=timeline.source_keys) if moment is not None else 0.0
        piece, piece_length = _piece(amount, timeline, best=part[2], is_first=number == 0)
        yield Portion(
            begin=begin,
            length=length,
            moments=() if moment is None else (moment,),
            source_begin=source_begin,
            source_length=_until(moment, timeline) - source_begin if moment is not None else 0.0,
            piece=piece,
            piece_length=piece_length,
            key_frames=amount.key_frames and number == 0,
        )


def _whole(timeline: Timeline) -> Portion:
    times = timeline.times
    places = dict.fromkeys(round((len(times) - 1) * share) for share in _SHARES) if times else {}
    moments = tuple(times[place] for place in places if times[place] >= 0)
    has_sound = timeline.sound_end > 0
    return Portion(
        moments=moments,
        # Where the sound is read too, all is, so that one reading of the source gives both.
        source_length=math.inf if has_sound or not moments else _until(moments[-1], timeline),
        piece=0.0 if has_sound else None,
    )


def _slice(
    amount: Amount, timeline: Timeline, *, part: tuple[float, float, float], is_first: bool
) -> tuple[float, float, float | None]:
    """Where a slice begins, how long it is, and which picture in it is compared."""
    moment = _moment(timeline, part=part)
    if moment is not None and _way(moment, timeline) > amount.way:
        moment = _soon(timeline) if is_first else None
    if moment is not None:
        begin = _seek(moment, timeline, keys=timeline.output_keys)
        return begin, max(amount.slice, _until(moment, timeline) - begin), moment
    best = part[2] * timeline.length
    if not timeline.output_keys:
        return max(0.0, min(best, timeline.length - amount.slice)), amount.slice, None
    key = min(timeline.output_keys, key=lambda key: abs(key - best))
    return key + (_SHIFTED + 0.5) * timeline.picture if key > 0 else 0.0, amount.slice, None


def _moment(timeline: Timeline, *, part: tuple[float, float, float]) -> float | None:
    """The picture in this part that costs the shortest way from key frames: one soon behind a key frame."""
    first, last, best = (share * timeline.length for share in part)
    behind_keys = (
        timeline.times[place]
        for keys in (timeline.source_keys, timeline.output_keys)
        for key in keys[bisect_left(keys, first) : bisect_right(keys, last)]
        if (place := bisect_right(timeline.times, key + NEAR) + _SHIFTED) < len(timeline.times)
    )
    found = [time for time in behind_keys if first <= time <= last]
    if not found:
        found = [time for time in (_nearest(timeline.times, best),) if time is not None and first <= time <= last]
    return min(found, key=lambda time: (round(_way(time, timeline), 3), abs(time - best)), default=None)


def _soon(timeline: Timeline) -> float | None:
    """A picture near the beginning, which is a key frame on both sides."""
    if not timeline.times:
        return None
    time = timeline.times[min(_PICTURES_IN, round((len(timeline.times) - 1) * _SHARES[0]))]
    return time if time >= 0 else None


def _nearest(times: Sequence[float], wanted: float) -> float | None:
    around = times[max(0, bisect_left(times, wanted) - 1) :][:2]
    return min(around, key=lambda time: abs(time - wanted), default=None)


def _way(moment: float, timeline: Timeline) -> float:
    """Seconds of film that are decoded before the moment, on both sides."""
    keys = (_key_before(moment, timeline, keys=keys) for keys in (timeline.source_keys, timeline.output_keys))
    return sum(moment - key for key in keys)


def _key_before(moment: float, timeline: Timeline, *, keys: Sequence[float]) -> float:
    """The key frame at which a seek to the moment ends."""
    place = bisect_right(keys, moment - _SHIFTED * timeline.picture)
    return keys[place - 1] if place > 0 else min(0.0, moment)


def _seek(moment: float, timeline: Timeline, *, keys: Sequence[float]) -> float:
    """Where to seek to: between the moment and the picture before it; 0 where that would only find the beginning."""
    if _key_before(moment, timeline, keys=keys) <= 0:
        return 0.0
    place = bisect_left(timeline.times, moment)
    return moment - min(_BEFORE, (moment - timeline.times[place - 1]) / 2 if place > 0 else 0.0)


def _until(moment: float, timeline: Timeline) -> float:
    return moment + _PICTURES_BEHIND * timeline.picture


def _piece(amount: Amount, timeline: Timeline, *, best: float, is_first: bool) -> tuple[float | None, float]:
    if amount.piece <= 0 or timeline.sound_end <= 0:
        return None, 0.0
    if math.isinf(amount.piece):
        return (0.0, math.inf) if is_first else (None, 0.0)
    if _is_cut(amount, timeline):
        return (0.0, amount.piece) if is_first else (None, 0.0)
    # The middle of the piece is where the place is best, as far as the film goes.
    begin = min(best * timeline.length - amount.piece / 2, timeline.sound_end - amount.piece)
    return max(0.0, begin), amount.piece


def _is_cut(amount: Amount, timeline: Timeline) -> bool:
    """Whether a seek would end the run with an error, so that both sides are decoded anew, apart from each other."""
    return timeline.is_cut_by_seeks and not amount.cuts_sound
