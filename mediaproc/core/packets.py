"""The packets of one stream, summed up: what only a walk through the file can tell."""

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from mediaproc.core.timestamp_gaps import LONG_GAP, MOST_GAPS, Gap, sum_up

# ffprobe's options for packets, each of them one line of its JSON.
PACKET_OPTIONS = ("-show_entries", "packet=stream_index,pts_time,dts_time,duration_time,pos,flags")
_PLACE = re.compile(r"[0-9]{1,18}")
_FIELD = re.compile(r'"(\w+)": "?([^",]*)')
# Nearly every line, read in a third of the time: a film of five hours has 1.2 million. What is not known is left out.
_USUAL_NAMES = ("pts_time", "dts_time", "duration_time", "pos")
_USUAL = re.compile(
    r' *\{ (?:"stream_index": [0-9]+, )?'
    + "".join(rf'(?:"{name}": "([^",]*)", )?' for name in _USUAL_NAMES)
    + r'"flags": "([^",]*)" \},?\s*\Z'
)

# The times and places of at most so many packets are kept: as many as five hours have at 60 pictures a second.
_MOST_KEPT = 1_200_000

# If more than this part of the packets state more than twice the time until the next packet, the last one's duration is
# not believed either.
_MOST_OVERLONG = 0.1


@dataclass(frozen=True, kw_only=True)
class PacketFacts:
    """One stream's packets; times in seconds on the container's clock, None where no packet has one."""

    count: int = 0
    keyframes: int = 0
    starts_with_keyframe: bool = False
    # The earliest and the latest time, and how long the packet of the latest time lasts.
    first: float | None = None
    last: float | None = None
    last_duration: float | None = None
    # The longest time from a key frame to the next one, or to the end.
    longest_gop: float = 0.0
    # The longest time from the latest packet so far to the next one.
    longest_gap: float = 0.0
    # Whether the times of decoding always rise.
    monotonic: bool = True
    # Whether every packet has a time.
    timed: bool = True
    # Packets that are not to be shown.
    discarded: int = 0
    # Packets that ffprobe knows to be damaged.
    corrupt: int = 0
    # Packets before the first key frame, without which they cannot be decoded.
    before_keyframe: int = 0
    # Seconds without a packet on which the file spends the bytes of packets.
    holes: float = 0.0
    # Those of the `holes` (s) that no still explains.
    sure_holes: float = 0.0
    # Seconds without a packet on which the file spends next to no bytes: its clock steps there.
    steps: float = 0.0
    # Discarded packets that come after one that is to be shown.
    hidden: int = 0
    # The times of the packets to be shown, in the order of decoding; empty where not all of them are known.
    times: Sequence[float] = field(default=(), repr=False)
    # Where packets begin in the file (bytes), and where key packets do.
    places: Sequence[int] = field(default=(), repr=False)
    key_places: Sequence[int] = field(default=(), repr=False)
    # The times of key packets to be shown, in the order of decoding; empty where all packets are such.
    key_times: Sequence[float] = field(default=(), repr=False)

    @property
    def end(self) -> float | None:
        """When the last picture or sound ends, measured from the first's begin; None when nothing is timed."""
        if self.first is None or self.last is None:
            return None
        return self.last - self.first + (self.last_duration or 0.0)

    @property
    def seekable_times(self) -> Sequence[float]:
        """The times at which decoding can begin."""
        return self.times if self.keyframes == self.count else self.key_times

    @property
    def until(self) -> float | None:
        """When the last picture or sound ends on the container's clock; None when nothing is timed."""
        return None if self.last is None else self.last + (self.last_duration or 0.0)


class PacketWalk:
    """Sums up the packets of one stream, line by line, in bounded memory however long the film is.

    It takes ffprobe's lines (`{ "pts_time": "0.04", "dts_time": "0.0", "flags": "K_" },`), and any other as well.
    """

    def __init__(self, *, keeps_times: bool = True, keeps_places: bool = True) -> None:
        self.most_times = _MOST_KEPT if keeps_times else 0
        self.most_places = _MOST_KEPT if keeps_places else 0
        self.count = self.keyframes = self.discarded = self.corrupt = self.before_keyframe = 0
        self.first: float | None = None
        self.last: float | None = None
        self.last_duration: float | None = None
        self.dts: float | None = None
        self.key_at: float | None = None
        self.longest_gop = self.longest_gap = 0.0
        self.monotonic = self.timed = True
        self.starts_with_keyframe = False
        self.first_at: int | None = None
        self.at: int | None = None
        self.gaps: list[Gap] = []
        self.hidden = self.overlong = 0
        self.times = array("d")
        self.places, self.key_places, self.key_times = array("q"), array("q"), array("d")

    def step(self, line: str) -> None:
        """Takes one line of ffprobe's; a line without flags is no packet."""
        usual = _USUAL.match(line)
        if usual is not None:
            pts, dts, duration, pos, flags = usual.groups()
            self._see(flags, pts=_seconds(pts), dts=_seconds(dts), duration=duration, pos=pos)
            return
        fields = dict(_FIELD.findall(line))
        if "flags" in fields:
            pts, dts, duration, pos = map(fields.get, _USUAL_NAMES)
            self._see(fields["flags"], pts=_seconds(pts), dts=_seconds(dts), duration=duration, pos=pos)

    def _see(self, flags: str, *, pts: float | None, dts: float | None, duration: str | None, pos: str | None) -> None:
        keyframe, is_discarded, before = "K" in flags, "D" in flags, self.at
        self._count(flags, keyframe=keyframe, is_discarded=is_discarded)
        if dts is not None:
            if self.dts is not None and dts <= self.dts:
                self.monotonic = False
            self.dts = dts
        self._see_place(pos, keyframe=keyframe)
        if pts is None:
            self.timed = False
            return
        if not is_discarded and len(self.times) < self.most_times:
            self.times.append(pts)
            self.key_times.extend((pts,) if keyframe else ())
        self._see_time(pts, duration=duration, before=before)
        if keyframe:
            self._see_key(pts)

    def _see_time(self, pts: float, *, duration: str | None, before: int | None) -> None:
        if self.first is None or self.last is None:
            self.first = pts
        else:
            self.first = min(self.first, pts)
            step = pts - self.last
            if step > min(self.longest_gap, LONG_GAP):
                self._see_gap(step, before=before)
            # Where a container states no durations, ffprobe makes them up from a rate that it guesses.
            self.overlong += 0 < 2 * step < (self.last_duration or 0.0)
        if self.last is None or pts >= self.last:
            self.last, self.last_duration = pts, _seconds(duration)

    def _count(self, flags: str, *, keyframe: bool, is_discarded: bool) -> None:
        if self.count == 0:
            self.starts_with_keyframe = keyframe
        self.count += 1
        self.keyframes += keyframe
        if is_discarded:
            self.discarded += 1
            self.hidden += self.count > self.discarded
        if "C" in flags:
            self.corrupt += 1
        if not self.keyframes:
            self.before_keyframe += 1

    def _see_place(self, pos: str | None, *, keyframe: bool) -> None:
        """Notes where this packet stands in the file (bytes); without a place, where the one before it does."""
        if pos is not None and _PLACE.fullmatch(pos):
            self.at = int(pos)
            if self.first_at is None:
                self.first_at = self.at
        if self.at is not None and len(self.places) < self.most_places:
            self.places.append(self.at)
            if keyframe:
                self.key_places.append(self.at)

    def _see_gap(self, seconds: float, *, before: int | None) -> None:
        self.longest_gap = max(self.longest_gap, seconds)
        if seconds > LONG_GAP and before is not None and self.at is not None and len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(seconds=seconds, size=self.at - before))

    def _see_key(self, pts: float) -> None:
        if self.key_at is not None:
            self.longest_gop = max(self.longest_gop, pts - self.key_at)
        self.key_at = pts

    def facts(self) -> PacketFacts:
        """The facts of the packets so far."""
        if self.key_at is not None and self.last is not None:
            self.longest_gop = max(self.longest_gop, self.last - self.key_at)
        gaps = sum_up(self.gaps, spacing=self._spacing(), byte_rate=self._byte_rate())
        return PacketFacts(
            count=self.count,
            keyframes=self.keyframes,
            starts_with_keyframe=self.starts_with_keyframe,
            first=self.first,
            last=self.last,
            last_duration=None if self.overlong > self.count * _MOST_OVERLONG else self.last_duration,
            longest_gop=self.longest_gop,
            longest_gap=self.longest_gap,
            monotonic=self.monotonic,
            timed=self.timed,
            discarded=self.discarded,
            corrupt=self.corrupt,
            before_keyframe=self.before_keyframe,
            holes=gaps.holes,
            sure_holes=gaps.sure_holes,
            steps=gaps.steps,
            hidden=self.hidden,
            times=self.times if self.timed and 0 < len(self.times) == self.count - self.discarded else (),
            places=self.places or (),
            key_places=self.key_places or (),
            key_times=(self.key_times if self.keyframes < self.count else None) or (),
        )

    def _spacing(self) -> float:
        """Seconds from one picture to the next, outside the gaps."""
        if self.first is None or self.last is None:
            return 0.0
        return (self.last - self.first - sum(gap.seconds for gap in self.gaps)) / self.count

    def _byte_rate(self) -> float | None:
        """Bytes a second of the file outside the gaps, None where it is nothing but gaps."""
        if self.first is None or self.last is None or self.at is None or self.first_at is None:
            return None
        seconds = self.last - self.first - sum(gap.seconds for gap in self.gaps)
        size = self.at - self.first_at - sum(gap.size for gap in self.gaps)
        return size / seconds if seconds > 0 and size > 0 else None


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None
