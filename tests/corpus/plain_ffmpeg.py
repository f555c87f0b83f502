"""The command that everybody tries first: `ffmpeg -i in -c:v libx264 -pix_fmt yuv420p -c:a aac out.mp4`."""

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mediaproc.ffmpeg.tools import Tools

# Seconds. Plain ffmpeg makes 15,001 frames of a film of two; it is not waited for.
_PATIENCE = 120


@dataclass(frozen=True, kw_only=True)
class Plain:
    """How plain ffmpeg ended on a file; `frames` is None where no output can be read."""

    code: int | None
    frames: int | None
    seconds: float

    def __str__(self) -> str:
        if self.code is None:
            return "does not end"
        if self.code != 0:
            return "fails"
        return "exit 0, no picture" if not self.frames else f"{self.frames} frames"


def plain_ffmpeg(source: Path, *, tools: Tools) -> Plain:
    """Runs the command in a temporary folder, with no limit but time."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.mp4"
        codecs = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
        command = [str(tools.ffmpeg), "-v", "quiet", "-nostdin", "-y", "-i", f"file:{source}", *codecs, str(output)]
        begun = time.perf_counter()
        try:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False).returncode
        except subprocess.TimeoutExpired:
            return Plain(code=None, frames=None, seconds=_PATIENCE)
        return Plain(code=code, frames=_frames(output, tools=tools), seconds=time.perf_counter() - begun)


def _frames(path: Path, *, tools: Tools) -> int | None:
    entries = ("-select_streams", "v:0", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0")
    command = [str(tools.ffprobe), "-v", "quiet", *entries, f"file:{path}"]
    said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False).stdout
    digits = said.strip().rstrip(",")
    return int(digits) if digits.isdigit() else None
