"""ffmpeg's `-progress` lines become the fraction done; the time left (ETA) is made of it by the view `ops.working`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mediaproc.core.step import Step


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a transcode is."""

    # Seconds of output that are written.
    seconds: float
    # The part done, from 0 to 1; None where the source declares no length.
    fraction: float | None
    # Pictures that are written.
    frames: int = 0
    # Pictures that were decoded and left out.
    dropped: int = 0
    # Bytes that are written.
    size: int = 0


class ProgressParser:
    """Collects lines until a block ends; knows the whole length (seconds) where the source declares one."""

    def __init__(self, duration: float | None) -> None:
        self._duration = duration if duration is not None and duration > 0 else None
        self._block: dict[str, str] = {}
        self._seconds = 0.0

    def feed(self, line: str) -> Progress | None:
        """A Progress with the line that ends a block (`progress=...`), else None; never raises."""
        key, separator, value = line.strip().partition("=")
        if not separator:
            return None
        self._block[key] = value.strip()
        if key != "progress":
            return None
        block, self._block = self._block, {}
        return self._progress(block)

    def _progress(self, block: dict[str, str]) -> Progress:
        # ffmpeg writes N/A or a negative time before the first packet, and may step back between two streams.
        self._seconds = max(self._seconds, _count(block.get("out_time_us") or block.get("out_time_ms")) / 1_000_000)
        # Rounded, since a database cannot hold just any fraction that a hostile ffmpeg comes up with.
        fraction = None if self._duration is None else round(min(1.0, self._seconds / self._duration), 4)
        return Progress(
            seconds=self._seconds,
            fraction=fraction,
            frames=_count(block.get("frame")),
            dropped=_count(block.get("drop_frames")),
            size=_count(block.get("total_size")),
        )


class StepsProgress:
    """The progress of several steps as that of one run: the pictures that are made, of all that they are to make.

    Steps that make no picture count nothing, unless none makes any: then all count the same. It never goes back.
    """

    def __init__(self, steps: Sequence[Step], *, duration: float | None) -> None:
        has_frames = any(step.frames > 0 for step in steps)
        self._weights = [max(0, step.frames) if has_frames else 1 for step in steps]
        self._duration = duration
        self._done = 0

    def of(self, place: int, progress: Progress) -> Progress:
        """How far all steps are when the one at this place has come so far."""
        made = min(progress.frames, self._weights[place])
        self._done = max(self._done, sum(self._weights[:place]) + made)
        fraction = round(self._done / max(1, sum(self._weights)), 4)
        return replace(
            progress,
            fraction=fraction,
            seconds=progress.seconds if self._duration is None else self._duration * fraction,
            frames=self._done,
        )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _count(text: str | None) -> int:
    number = _number(text)
    return int(number) if number is not None and number > 0 else 0
