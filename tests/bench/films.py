"""Films as a site gets them, moving, noisy and with sound: of kinds that must be encoded, and of one that is copied."""

import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MUST_BE_ENCODED: Mapping[str, tuple[str, ...]] = {
    "avi": ("-c:v", "mpeg4", "-b:v", "2M", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"),
    "mkv": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv444p", "-c:a", "libmp3lame"),
    "mpg": ("-c:v", "mpeg2video", "-b:v", "3M", "-pix_fmt", "yuv420p", "-c:a", "mp2"),
    "wmv": ("-c:v", "wmv2", "-b:v", "2M", "-pix_fmt", "yuv420p", "-c:a", "wmav2"),
    "flv": ("-c:v", "flv1", "-b:v", "2M", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"),
}
_IS_COPIED = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac")


@dataclass(frozen=True, kw_only=True)
class Film:
    """How long (s) and how large it is; no two of another `seed` are alike."""

    seconds: float
    size: tuple[int, int]
    seed: int

    def make(self, ffmpeg: Path, *, folder: Path, is_copied: bool = False) -> Path:
        """The film in a folder; `is_copied`: H.264 and AAC in mp4 at ordinary rates, else of a kind by the seed."""
        kinds = list(_MUST_BE_ENCODED)
        extension = "mp4" if is_copied else kinds[self.seed % len(kinds)]
        codecs = _IS_COPIED if is_copied else _MUST_BE_ENCODED[extension]
        path = folder / f"film-{self.seed}.{extension}"
        width, height = self.size
        picture = (
            f"testsrc2=s={width}x{height}:d={self.seconds}:r=25,"
            f"hue=h={self.seed * 37 % 360},noise=alls=10:allf=t:all_seed={self.seed}"
        )
        sound = f"sine=d={self.seconds}:f={220 + self.seed}:r=44100[tone];anoisesrc=d={self.seconds}:a=0.05:r=44100"
        sound += f":seed={self.seed}[noise];[tone][noise]amix"
        inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
        subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-y", *inputs, *codecs, path], check=True)
        return path


def films_of_mixed_lengths(count: int, *, shortest: float, longest: float, size: tuple[int, int]) -> Sequence[Film]:
    """So many films, their lengths evenly spread and in no order, but the same in every run."""
    return tuple(
        Film(seconds=round(shortest + (longest - shortest) * place / max(1, count - 1), 1), size=size, seed=seed)
        for seed, place in enumerate(random.Random(1).sample(range(count), count))
    )
