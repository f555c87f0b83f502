"""Decodes films to numbers: planes of a rendition, pictures of a material, samples of either."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.parts.quick_tools import quick_tools

Array: TypeAlias = npt.NDArray[np.floating[Any]]

SAMPLE_RATE = 48_000


@dataclass(frozen=True, kw_only=True)
class Planes:
    """One frame: luma, and the two chroma planes at half its size, in 8-bit values of BT.709's limited range."""

    luma: Array
    blue: Array
    red: Array

    def cropped(self, width: int, height: int) -> "Planes":
        """Its upper left corner."""
        across, down = (width + 1) // 2, (height + 1) // 2
        return Planes(luma=self.luma[:height, :width], blue=self.blue[:down, :across], red=self.red[:down, :across])

    def rgb(self) -> Array:
        """Each part from 0 to 255."""
        height, width = self.luma.shape
        blue, red = (np.repeat(np.repeat(each, 2, 0), 2, 1)[:height, :width] - 128 for each in (self.blue, self.red))
        luma = (self.luma - 16) * (255 / 219)
        blue, red = blue * (255 / 224), red * (255 / 224)
        parts = (luma + 1.5748 * red, luma - 0.18732 * blue - 0.46812 * red, luma + 1.8556 * blue)
        return np.asarray(np.clip(np.stack(parts, -1), 0, 255), np.float32)


def planes_of(rgb: Array) -> Planes:
    """A picture as a rendition keeps it: each chroma value is the mean of four pixels."""
    red, green, blue = (rgb[..., part] for part in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return Planes(
        luma=(16 + luma * (219 / 255)).astype(np.float32),
        blue=_halved(128 + (blue - luma) / 1.8556 * (224 / 255)),
        red=_halved(128 + (red - luma) / 1.5748 * (224 / 255)),
    )


def _halved(plane: Array) -> Array:
    padded = np.pad(plane, ((0, plane.shape[0] % 2), (0, plane.shape[1] % 2)), mode="edge")
    mean = (padded[0::2, 0::2] + padded[1::2, 0::2] + padded[0::2, 1::2] + padded[1::2, 1::2]) / 4
    return mean.astype(np.float32)


class Rendition:
    """A film that the product made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        entries = "stream=width,height,r_frame_rate,codec_type,pix_fmt,color_space,color_range"
        found = json.loads(_run("ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)))
        streams = found["streams"]
        video = next(each for each in streams if each["codec_type"] == "video")
        self.width, self.height = int(video["width"]), int(video["height"])
        above, below = video["r_frame_rate"].split("/")
        self.rate = int(above) / int(below)
        self.facts = video
        self.has_sound = any(each["codec_type"] == "audio" for each in streams)
        raw = _run(
            "ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"
        )
        self.pixels = np.frombuffer(raw, np.uint8).reshape(-1, self.height * self.width * 3 // 2)

    def __len__(self) -> int:
        return len(self.pixels)

    def frame(self, number: int) -> Planes:
        luma, half = self.height * self.width, (self.height // 2, self.width // 2)
        pixels = self.pixels[number].astype(np.float32)
        return Planes(
            luma=pixels[:luma].reshape(self.height, self.width),
            blue=pixels[luma : luma * 5 // 4].reshape(half),
            red=pixels[luma * 5 // 4 :].reshape(half),
        )

    def samples(self) -> Array:
        """Two channels of samples; none where it has no sound."""
        return samples_of(self.path) if self.has_sound else np.zeros((0, 2), np.float32)


@cache
def samples_of(path: Path) -> Array:
    """What is heard, in two channels, from the film's beginning on."""
    raw = _run("ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-ar", str(SAMPLE_RATE), "-f", "f32le", "-")
    channels = int(_run("ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=channels",
                        "-of", "csv=p=0", str(path)).strip())  # fmt: skip
    samples = np.frombuffer(raw, np.float32).reshape(-1, channels)
    return np.repeat(samples, 2, 1) if channels == 1 else samples[:, :2]


@cache
def pictures_of(path: Path) -> npt.NDArray[np.uint8]:
    """All frames of a material, as RGBA; of a still the only one."""
    if path.suffix in {".png", ".jpg"}:
        return np.asarray(Image.open(path).convert("RGBA"))[None]
    scale = "scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd+full_chroma_int+full_chroma_inp,format=rgba"
    shown = () if path.suffix == ".gif" else ("-vf", scale)
    raw = _run("ffmpeg", "-v", "error", "-i", str(path), *shown, "-fps_mode", "passthrough", "-f", "rawvideo",
               "-pix_fmt", "rgba", "-")  # fmt: skip
    size = _run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
                "-of", "csv=p=0", str(path)).decode().strip().split(",")  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(-1, int(size[1]), int(size[0]), 4)


def _run(program: str, *arguments: str) -> bytes:
    tools = quick_tools()
    path = tools.ffprobe if program == "ffprobe" else tools.ffmpeg
    return subprocess.run([str(path), *arguments], check=True, stdout=subprocess.PIPE).stdout
