"""Short clips as users upload them, of any length and size, no two alike; ffmpeg makes each once per run."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parts.quick_tools import quick_tools

# The usual codecs of each container. H.264 in mov and mkv may be copied, everything else must be encoded.
_CODECS: Mapping[str, tuple[str, ...]] = {
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "mov": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
    "mkv": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
    "flv": ("-c:v", "flv1", "-c:a", "libmp3lame"),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
}
KINDS = tuple(_CODECS)


@dataclass(frozen=True)
class Clips:
    """Makes clips with one ffmpeg into one folder."""

    ffmpeg: Path
    folder: Path

    def make(
        self, kind: str = "avi", *, seconds: float = 1.0, size: tuple[int, int] = (160, 120), seed: int = 0
    ) -> Path:
        """A moving picture with a tone; another seed gives other colours and another tone, so other bytes.

        Odd sides are for avi, wmv and flv; the other codecs here have none.
        """
        width, height = size
        clip = self.folder / f"clip-{seed}-{width}x{height}-{seconds:g}s.{kind}"
        if not clip.exists():
            picture = f"testsrc2=s={width}x{height}:d={seconds}:r=25,hue=h={seed * 37 % 360}"
            sound = f"sine=d={seconds}:f={220 + seed}:r=44100"
            inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
            formatted = ("-pix_fmt", "yuv420p", *_CODECS[kind], "-t", str(seconds))
            self._make(clip, *inputs, *formatted)
        return clip

    def make_many(self, count: int, *, kind: str = "avi", seconds: float = 1.0, first_seed: int = 1000) -> list[Path]:
        """Clips of which no two are alike."""
        return [self.make(kind, seconds=seconds, seed=first_seed + number) for number in range(count)]

    def make_hevc(self, *, seconds: float = 0.4) -> Path:
        """What a phone records today."""
        clip = self.folder / f"hevc-{seconds:g}s.mp4"
        if not clip.exists():
            picture = ("-f", "lavfi", "-i", f"testsrc2=s=160x120:d={seconds}:r=25")
            codec = ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p", "-tag:v", "hvc1")
            self._make(clip, *picture, *codec)
        return clip

    def make_sound(self, *, seconds: float = 1.0) -> Path:
        """A file with sound and no picture, under the name of a film."""
        clip = self.folder / f"sound-{seconds:g}s.avi"
        if not clip.exists():
            sound = ("-f", "lavfi", "-i", f"sine=d={seconds}")
            self._make(clip, *sound, "-c:a", "libmp3lame")
        return clip

    def _make(self, clip: Path, *arguments: str) -> None:
        # Renamed when it is whole: another worker may make the same at the same time, or look for it.
        unfinished = clip.with_name(f"{os.getpid()}-{clip.name}")
        subprocess.run([str(self.ffmpeg), "-v", "error", "-nostdin", "-y", *arguments, str(unfinished)], check=True)
        unfinished.replace(clip)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Clips that are made when a test first asks for them, and kept for the run of all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clips"
    folder.mkdir(exist_ok=True)
    return Clips(quick_tools().ffmpeg, folder)
