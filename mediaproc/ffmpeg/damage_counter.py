"""Counts the pictures of a source that its decoder reports as damaged: for codecs whose log does not count them."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.ffmpeg_memory import LIBRARIES, STACKS_PER_THREAD
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.plan.model import Plan
from mediaproc.core.probe import VideoStream
from mediaproc.ffmpeg import child, failure
from mediaproc.ffmpeg.lines import Lines
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# ffprobe prints beside each picture what the decoder logged at the level of errors (16); with one thread, what it
# logged of that very picture.
_OPTIONS = (
    *("-threads", "1", "-show_log", "16", "-show_frames", "-show_entries", "frame=key_frame:log=level"),
    *("-print_format", "json=compact=1"),
)
_LOGS, _COMPLAINT, _KEY = b'"logs": [', b'"level"', b'"key_frame": 1'

# These decoders neither mark nor conceal damage: it stays in all pictures up to the next key frame.
_SPREADING = frozenset({"hevc"})
_MOST_OF_A_LINE = 4_096


@dataclass(frozen=True, kw_only=True)
class DamageCounter:
    """Decodes a film once more with ffprobe, which prints with each picture what the decoder logged of it."""

    ffprobe: Path
    sandbox: Sandbox
    limits: Limits

    def damaged_pictures(self, source: Path, *, video: VideoStream, plan: Plan, stop: threading.Event) -> int:
        """How many pictures the decoder reports as damaged; 0 where nobody can tell. Raises Unavailable and Stopped."""
        confined = self.sandbox.for_child(source=source)
        limits, wall = replace(self.limits, max_pixels=plan.decoded_pixels), plan.wall_limit
        reader = _Reader(spreads=video.codec in _SPREADING)
        command = confined.command(
            self.ffprobe,
            arguments=(
                *("-v", "quiet", *input_limits(limits), "-select_streams", str(video.index)),
                *(*_OPTIONS, confined.source_url),
            ),
            # ffprobe decodes like an encode, without the encoder: what that is admitted with is enough.
            rlimits=Rlimits(memory=LIBRARIES + plan.memory, data=STACKS_PER_THREAD + plan.memory, cpu=int(wall)),
        )
        ended = child.run(command, limits=WatchdogLimits(wall=wall), stop=stop, on_output=reader.read)
        error = failure.refusal(ended, program="ffprobe", sandbox=self.sandbox)
        if error is not None and not isinstance(error, AttemptFailed):
            raise error
        return reader.damaged


class _Reader:
    """Reads standard output, line by line; a picture of which nothing was logged has an empty list of logs."""

    def __init__(self, *, spreads: bool) -> None:
        self.damaged = 0
        self._spreads = spreads
        self._lines = Lines(most=_MOST_OF_A_LINE)
        self._is_in_logs = self._is_broken = False

    def read(self, chunk: bytes) -> None:
        """The next bytes; of a line that is longer than ffprobe's lines are, only the end is read."""
        for line in self._lines.whole(chunk):
            if _LOGS in line:
                self._is_in_logs = True
            elif self._is_in_logs and line.strip():
                self._see(complains=_COMPLAINT in line)
                self._is_in_logs = False
            if _KEY in line:
                self._is_broken = False

    def _see(self, *, complains: bool) -> None:
        self._is_broken = complains or (self._is_broken and self._spreads)
        self.damaged += self._is_broken
