"""The folder that an attack runs in: the attacker's upload, with a victim's film and secret text beside it."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# ffmpeg's test picture, of which every clip is made.
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1")


@dataclass(frozen=True, kw_only=True)
class AttackFolder:
    """The folder of one attack; `port` is a listening socket on the loopback device."""

    path: Path
    port: int
    ffmpeg: Path

    @property
    def sibling(self) -> Path:
        """Another user's film, which the attacker must not get at."""
        return self.path / "sibling.mp4"

    @property
    def secret(self) -> Path:
        """Another user's text."""
        return self.path / "secret.txt"

    def write(self, content: bytes | str, *, name: str | bytes = "holiday.avi") -> Path:
        """The attacker's upload."""
        path = self.path / (name if isinstance(name, str) else name.decode(errors="surrogateescape"))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def clip(self, *options: str, name: str | bytes = "holiday.avi", form: str = "avi") -> Path:
        """A real film as the upload."""
        return self.write(make_clip(self.ffmpeg, tuple(options) or ("-c:v", "mpeg4"), form), name=name)

    def prepare(self) -> None:
        """Puts the victim's film and text in their places."""
        self.sibling.write_bytes(make_clip(self.ffmpeg, ("-c:v", "libx264", "-pix_fmt", "yuv420p"), "mp4"))
        self.secret.write_text("root:x:0:0:a secret of another user\n" * 50)


@cache
def make_clip(ffmpeg: Path, options: Sequence[str], form: str) -> bytes:
    """What plain ffmpeg makes of a test picture of one second."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "clip"
        command = [str(ffmpeg), "-v", "error", "-y", "-nostdin", *_PICTURE, *options, "-f", form, str(target)]
        subprocess.run(command, check=True)
        return target.read_bytes()
