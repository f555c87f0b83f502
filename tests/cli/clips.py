"""Short clips that ffmpeg makes, in formats of old."""

import subprocess
from functools import cache
from pathlib import Path

from mediaproc.ffmpeg.tools import find_tools


@cache
def _ffmpeg() -> Path:
    return find_tools(ffmpeg=None, ffprobe=None).ffmpeg


def make_clip(path: Path, *, seconds: float = 0.4, size: str = "64x48", seed: int = 0) -> Path:
    """An mpeg4 film, which no browser plays; another `seed` gives other bytes."""
    picture = f"testsrc2=size={size}:rate=10:duration={seconds},hue=h={seed}"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [_ffmpeg(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture, "-c:v", "mpeg4", "-q:v", "5", path],
        check=True,
    )
    return path


def slow_clip(path: Path, *, seed: int = 0) -> Path:
    """A film that takes some seconds to encode, so that a test can act while it runs."""
    return make_clip(path, seconds=40, size="640x480", seed=seed)
