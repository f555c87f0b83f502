"""The packets of one stream, summed up: what only a walk through the file can tell."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

# ffprobe's options for the lines that `parse_packets` reads; before them stands `-select_streams INDEX`.
PACKET_OPTIONS = (
    *("-show_entries", "packet=pts_time,dts_time,duration_time,flags"),
    *("-print_format", "compact=print_section=0:nokey=0"),
)


@dataclass(frozen=True, kw_only=True)
class PacketFacts:
    """One stream's packets; times in seconds as the container has them, None where no packet had one."""

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

    @property
    def end(self) -> float | None:
        """When the last picture or sound ends, measured from the first's begin; None when nothing is timed."""
        if self.first is None or self.last is None:
            return None
        return self.last - self.first + (self.last_duration or 0.0)


def parse_packets(lines: Iterable[str]) -> PacketFacts:
    """The facts of ffprobe's lines (`pts_time=0.04|dts_time=0.0|duration_time=0.04|flags=K_`); never raises."""
    walk = _Walk()
    for line in lines:
        fields = dict(part.partition("=")[::2] for part in line.strip().split("|"))
        if "flags" in fields:
            walk.step(fields)
    return walk.facts()


class _Walk:
    """What is remembered from one packet to the next."""

    def __init__(self) -> None:
        self.count = self.keyframes = self.discarded = self.corrupt = 0
        self.first: float | None = None
        self.last: float | None = None
        self.last_duration: float | None = None
        self.dts: float | None = None
        self.key_at: float | None = None
        self.longest_gop = self.longest_gap = 0.0
        self.monotonic = self.timed = True
        self.starts_with_keyframe = False

    def step(self, fields: dict[str, str]) -> None:
        flags, pts, dts = fields["flags"], _seconds(fields.get("pts_time")), _seconds(fields.get("dts_time"))
        keyframe = "K" in flags
        self.starts_with_keyframe = keyframe if self.count == 0 else self.starts_with_keyframe
        self.count += 1
        self.keyframes += keyframe
        self.discarded += "D" in flags
        self.corrupt += "C" in flags
        self._see_dts(dts)
        if pts is None:
            self.timed = False
            return
        self.first = pts if self.first is None else min(self.first, pts)
        if self.last is not None:
            self.longest_gap = max(self.longest_gap, pts - self.last)
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

    def _see_key(self, pts: float) -> None:
        if self.key_at is not None:
            self.longest_gop = max(self.longest_gop, pts - self.key_at)
        self.key_at = pts

    def facts(self) -> PacketFacts:
        if self.key_at is not None and self.last is not None:
            self.longest_gop = max(self.longest_gop, self.last - self.key_at)
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
        )


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None
