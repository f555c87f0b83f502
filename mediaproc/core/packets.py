"""The packets of one stream, summed up: what only a walk through the file can tell."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

# ffprobe's options for packets, each of them one line of its JSON.
PACKET_OPTIONS = ("-show_entries", "packet=stream_index,pts_time,dts_time,duration_time,pos,flags")
_PLACE = re.compile(r"[0-9]{1,19}")
_FIELD = re.compile(r'"(\w+)": "?([^",]*)')

# Two pictures further apart than this are looked at (s), so many of them at most: a still, a hole in the file, or a
# step of its clock.
_LONG_GAP = 0.5
_MOST_GAPS = 1_000

# What the file spends on a gap, as a part of what it spends elsewhere on as long a time: a hole that lost its packets
# keeps their bytes, a still and its sound come to less, a step of the clock takes next to nothing.
_OF_A_SURE_HOLE, _OF_A_HOLE, _OF_A_STEP = 0.8, 0.25, 0.1
# A film of few pictures a second has long gaps anyway: a hole takes at least so many of them.
_PICTURES_OF_A_HOLE = 10
# A step of the clock shorter than this may as well be a still; it is from here on that ffmpeg takes it out (s).
SHORTEST_STEP = 10.0


@dataclass(frozen=True, kw_only=True)
class PacketFacts:
    """One stream's packets; times in seconds as the container has them, None where no packet had one.

    `holes` are seconds without a packet on which the file spends the bytes of packets, `sure_holes` those of them that
    no still explains, `steps` those on which it spends next to none. `before_keyframe` packets come before the first
    key frame, without which they cannot be decoded.
    """

    count: int = 0
    keyframes: int = 0
    starts_with_keyframe: bool = False
    first: float | None = None
    last: float | None = None
    last_duration: float | None = None
    longest_gop: float = 0.0
    longest_gap: float = 0.0
    monotonic: bool = True
    timed: bool = True
    discarded: int = 0
    corrupt: int = 0
    before_keyframe: int = 0
    holes: float = 0.0
    sure_holes: float = 0.0
    steps: float = 0.0

    @property
    def end(self) -> float | None:
        """When the last picture or sound ends, measured from the first's begin; None when nothing is timed."""
        if self.first is None or self.last is None:
            return None
        return self.last - self.first + (self.last_duration or 0.0)


class PacketWalk:
    """What is remembered of a stream from one packet to the next: no more for a film of a day than for a clip.

    It takes ffprobe's lines (`{ "pts_time": "0.04", "dts_time": "0.0", "flags": "K_" },`), and any other as well.
    """

    def __init__(self) -> None:
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
        self.gaps: list[_Gap] = []

    def step(self, line: str) -> None:
        """One more packet; a line without flags is none."""
        fields = dict(_FIELD.findall(line))
        if "flags" in fields:
            self._see(fields)

    def _see(self, fields: dict[str, str]) -> None:
        flags, pts, dts = fields["flags"], _seconds(fields.get("pts_time")), _seconds(fields.get("dts_time"))
        keyframe = "K" in flags
        self.starts_with_keyframe = keyframe if self.count == 0 else self.starts_with_keyframe
        self.count += 1
        self.keyframes += keyframe
        self.discarded += "D" in flags
        self.corrupt += "C" in flags
        self.before_keyframe += not self.keyframes
        self._see_dts(dts)
        before = self._see_place(fields.get("pos"))
        if pts is None:
            self.timed = False
            return
        self.first = pts if self.first is None else min(self.first, pts)
        if self.last is not None:
            self._see_gap(pts - self.last, before=before)
        if self.last is None or pts >= self.last:
            self.last, self.last_duration = pts, _seconds(fields.get("duration_time"))
        if keyframe:
            self._see_key(pts)

    def _see_dts(self, dts: float | None) -> None:
        if dts is None:
            return
        if self.dts is not None and dts <= self.dts:
            self.monotonic = False
        self.dts = dts

    def _see_place(self, pos: str | None) -> int | None:
        """Where the packet before this one stood in the file (bytes)."""
        before = self.at
        self.at = int(pos) if pos is not None and _PLACE.fullmatch(pos) else self.at
        self.first_at = self.at if self.first_at is None else self.first_at
        return before

    def _see_gap(self, seconds: float, *, before: int | None) -> None:
        self.longest_gap = max(self.longest_gap, seconds)
        if seconds > _LONG_GAP and before is not None and self.at is not None and len(self.gaps) < _MOST_GAPS:
            self.gaps.append(_Gap(seconds=seconds, size=self.at - before))

    def _see_key(self, pts: float) -> None:
        if self.key_at is not None:
            self.longest_gop = max(self.longest_gop, pts - self.key_at)
        self.key_at = pts

    def facts(self) -> PacketFacts:
        """Of the packets so far."""
        if self.key_at is not None and self.last is not None:
            self.longest_gop = max(self.longest_gop, self.last - self.key_at)
        rate = self._byte_rate()
        holes = [gap for gap in self.gaps if gap.seconds >= _PICTURES_OF_A_HOLE * self._spacing()]
        return PacketFacts(
            count=self.count,
            keyframes=self.keyframes,
            starts_with_keyframe=self.starts_with_keyframe,
            first=self.first,
            last=self.last,
            last_duration=self.last_duration,
            longest_gop=self.longest_gop,
            longest_gap=self.longest_gap,
            monotonic=self.monotonic,
            timed=self.timed,
            discarded=self.discarded,
            corrupt=self.corrupt,
            before_keyframe=self.before_keyframe,
            holes=_sum_of(holes, rate=rate, least=_OF_A_HOLE),
            sure_holes=_sum_of(holes, rate=rate, least=_OF_A_SURE_HOLE),
            steps=_steps_of(self.gaps, rate=rate),
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


@dataclass(frozen=True, kw_only=True)
class _Gap:
    """The time between two pictures, and how far apart they stand in the file (bytes)."""

    seconds: float
    size: int


def _sum_of(gaps: Iterable[_Gap], *, rate: float | None, least: float) -> float:
    if rate is None:
        return 0.0
    return sum(gap.seconds for gap in gaps if gap.size >= least * rate * gap.seconds)


def _steps_of(gaps: Iterable[_Gap], *, rate: float | None) -> float:
    if rate is None:
        return 0.0
    return sum(
        gap.seconds for gap in gaps if gap.seconds >= SHORTEST_STEP and gap.size < _OF_A_STEP * rate * gap.seconds
    )


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None
