"""Reads what ffmpeg tells of its progress on standard output."""

from collections.abc import Callable

from mediaproc.core.progress import Progress, ProgressParser
from mediaproc.ffmpeg.lines import Lines

_MOST_OF_A_LINE = 4_096


class ProgressReader:
    """Reads standard output, line by line, into Progress; the watchdog sees a stall where `latest` stays the same."""

    def __init__(self, duration: float | None, *, on_progress: Callable[[Progress], None]) -> None:
        self.latest: Progress | None = None
        self.dropped = 0
        self._parser = ProgressParser(duration)
        self._on_progress = on_progress
        self._lines = Lines(most=_MOST_OF_A_LINE)

    def read(self, chunk: bytes) -> None:
        """The next bytes."""
        for line in self._lines.whole(chunk):
            progress = self._parser.feed(line.decode(errors="replace"))
            if progress is not None:
                self._see(progress)

    def _see(self, progress: Progress) -> None:
        self.dropped = progress.dropped
        # Only what ffmpeg wrote counts as progress: speed and time left change during a stall too.
        moved = (progress.seconds, progress.frames, progress.size)
        if self.latest is None or moved != (self.latest.seconds, self.latest.frames, self.latest.size):
            self.latest = progress
        self._on_progress(progress)
