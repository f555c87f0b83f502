"""Makes sources of kinds that the corpus lacks, with ffmpeg's own generators."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mediaproc.ffmpeg.tools import Tools


@dataclass(frozen=True, kw_only=True)
class SourceMaker:
    """Makes sources in a folder by plain ffmpeg."""

    tools: Tools
    folder: Path

    def make(self, name: str, *arguments: str) -> Path:
        """The file that ffmpeg makes with these arguments."""
        path = self.folder / name
        command = [str(self.tools.ffmpeg), "-v", "error", "-nostdin", "-y", *arguments, str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path

    def film(self, name: str, *options: str, seconds: float = 2, size: str = "320x240", rate: int = 25) -> Path:
        """A film of moving bars, without sound."""
        return self.make(name, "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}", *options)

    def film_with_sound(self, name: str, *options: str, seconds: float = 2, size: str = "320x240") -> Path:
        """A film of moving bars with a tone of 440 Hz."""
        sound = ("-f", "lavfi", "-i", f"sine=frequency=440:d={seconds}:r=48000")
        return self.make(name, "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}", *sound, *options)

    def held(self, name: str, *, codec: str, still: int, sound: bool = False) -> Path:
        """One second of film and a last picture that stays for `still` seconds more."""
        h264 = ("-bf", "0", "-pix_fmt", "yuv420p") if codec == "libx264" else ()
        scale = ("-video_track_timescale", "12800", "-c:v", codec, *h264)
        self.film("moving.mp4", *scale, seconds=1)
        picture = self.film("picture.png", "-frames:v", "1", seconds=1)
        self.make("still.mp4", "-framerate", f"1/{still}", "-i", str(picture), "-pix_fmt", "yuv420p", *scale)
        parts = self.folder / "parts.txt"
        parts.write_text("file moving.mp4\nfile still.mp4\n")
        tone = ("-f", "lavfi", "-i", f"sine=d={still + 1}") if sound else ()
        streams = ("-map", "0:v", "-map", "1:a", "-c:a", "aac") if sound else ()
        return self.make(name, "-f", "concat", "-i", str(parts), *tone, *streams, "-c:v", "copy")
