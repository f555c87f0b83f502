"""Makes the materials of the drafts with ffmpeg: each film, still and tone is known to the last frame and hertz."""

import shutil
import subprocess
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.drafts.cards import Card, Colour
from tests.parts.quick_tools import quick_tools

SAMPLE_RATE = 48_000
# Of every tone as it is recorded: several together stay below full scale.
AMPLITUDE = 0.11

_RED, _GREEN, _BLUE, _YELLOW = (200, 60, 50), (60, 170, 80), (60, 80, 200), (210, 190, 60)
_CYAN, _VIOLET, _ORANGE, _GREY = (60, 180, 190), (150, 70, 190), (220, 130, 50), (120, 120, 125)
_PINK, _OLIVE, _NAVY, _MINT = (215, 120, 170), (120, 130, 50), (40, 50, 110), (140, 215, 170)


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film of numbered cards; no tone at all where `tone` is 0."""

    card: Card
    rate: int
    seconds: float
    tone: int = 0
    # What ffmpeg encodes with; by default H.264 that says it is BT.709.
    encoder: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return round(self.rate * self.seconds)


@dataclass(frozen=True, kw_only=True)
class Still:
    card: Card


@dataclass(frozen=True, kw_only=True)
class Tone:
    hertz: int
    seconds: float
    channels: int = 2


def _card(width: int, height: int, *quarters: Colour, has_number: bool = True, margin: float = 0.0) -> Card:
    first, second, third, last = quarters
    alpha = 128 if margin else 255
    return Card(
        width=width,
        height=height,
        quarters=(first, second, third, last),
        has_number=has_number,
        margin=margin,
        alpha=alpha,
    )


_WIDE = (320, 180)

FILMS: Mapping[str, Film] = MappingProxyType(
    {
        "a.mp4": Film(card=_card(*_WIDE, _RED, _GREEN, _BLUE, _YELLOW), rate=30, seconds=8, tone=440),
        "b.mp4": Film(card=_card(*_WIDE, _CYAN, _VIOLET, _ORANGE, _GREY), rate=30, seconds=8, tone=660),
        "c.mp4": Film(card=_card(*_WIDE, _PINK, _OLIVE, _MINT, _NAVY), rate=25, seconds=8, tone=880),
        "tall.mp4": Film(card=_card(180, 320, _BLUE, _ORANGE, _GREEN, _PINK), rate=30, seconds=8, tone=550),
        "square.mp4": Film(card=_card(240, 240, _YELLOW, _NAVY, _RED, _CYAN), rate=24, seconds=8, tone=770),
        "fast.mp4": Film(card=_card(*_WIDE, _OLIVE, _CYAN, _VIOLET, _RED), rate=60, seconds=4, tone=990),
        "silent.mp4": Film(card=_card(*_WIDE, _MINT, _RED, _NAVY, _ORANGE), rate=30, seconds=8),
        "short.mp4": Film(card=_card(*_WIDE, _VIOLET, _YELLOW, _CYAN, _GREEN), rate=30, seconds=2, tone=1210),
        "bframes.mkv": Film(
            card=_card(*_WIDE, _NAVY, _PINK, _YELLOW, _BLUE),
            rate=30,
            seconds=8,
            tone=1430,
            encoder=("-c:v", "libx264", "-preset", "medium", "-crf", "10", "-bf", "3", "-g", "60", "-c:a", "flac"),
        ),
    }
)
STILLS: Mapping[str, Still] = MappingProxyType(
    {
        "photo.jpg": Still(card=_card(300, 200, _GREY, _RED, _MINT, _VIOLET, has_number=False)),
        "poster.png": Still(card=_card(180, 320, _ORANGE, _CYAN, _OLIVE, _BLUE, has_number=False)),
        "badge.png": Still(card=_card(160, 160, _GREEN, _PINK, _NAVY, _YELLOW, has_number=False, margin=0.125)),
    }
)
GIFS: Mapping[str, Film] = MappingProxyType(
    {"loop.gif": Film(card=_card(160, 120, _RED, _CYAN, _VIOLET, _MINT), rate=10, seconds=1)}
)
TONES: Mapping[str, Tone] = MappingProxyType(
    {
        "music.mp3": Tone(hertz=1000, seconds=12),
        "voice.m4a": Tone(hertz=1320, seconds=8),
        "beep.wav": Tone(hertz=1760, seconds=6),
        "mono.wav": Tone(hertz=2200, seconds=6, channels=1),
    }
)


# Whatever has more than one picture.
MOVING: Mapping[str, Film] = MappingProxyType({**FILMS, **GIFS})


def card_of(name: str) -> Card:
    """What a picture of this name shows."""
    return STILLS[name].card if name in STILLS else MOVING[name].card


def tone_of(name: str) -> int:
    """Hertz; 0 where it is silent."""
    return TONES[name].hertz if name in TONES else FILMS[name].tone if name in FILMS else 0


def recorded_tone(name: str, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What is recorded in a material at these seconds."""
    return np.asarray(AMPLITUDE * np.sin(2 * np.pi * tone_of(name) * times))


class MaterialFolder:
    """A folder in which each material is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """The file of this name."""
        target = self.folder / name
        if not target.exists():
            unfinished = target.with_name(f"unfinished-{name}")
            make(name, unfinished)
            unfinished.rename(target)
        return target

    def copy(self, names: list[str], *, into: Path) -> None:
        """Lay these materials into a draft's folder."""
        into.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(self.path(name), into / name)


def make(name: str, target: Path) -> None:
    """The material of this name; its ending says in what form."""
    if name in FILMS:
        write_film(FILMS[name], target)
    elif name in GIFS:
        pictures = [Image.fromarray(GIFS[name].card.drawn(number)[..., :3]) for number in range(GIFS[name].frames)]
        pictures[0].save(target, save_all=True, append_images=pictures[1:], duration=1000 // GIFS[name].rate, loop=0)
    elif name in STILLS:
        drawn = STILLS[name].card.drawn()
        Image.fromarray(drawn if name.endswith(".png") else drawn[..., :3]).save(target, quality=97)
    elif name.endswith(".wav"):
        _write_wave(TONES[name], target)
    else:
        write_tone(TONES[name], target)


def write_tone(tone: Tone, target: Path) -> None:
    """A file of sound, compressed as its ending says."""
    source = _tone_input(tone.hertz, tone.seconds)
    _ffmpeg(*source, "-ac", str(tone.channels), "-b:a", "192k", str(target))


def write_film(film: Film, target: Path) -> None:
    """A film of numbered cards with its tone."""
    card = film.card
    frames = b"".join(card.drawn(number)[..., :3].tobytes() for number in range(film.frames))
    picture = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{card.width}x{card.height}", "-r", str(film.rate))
    sound = _tone_input(film.tone, film.seconds) if film.tone else ()
    colour = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p"
    encoder = film.encoder or ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-g", "30", "-b:a", "192k")
    tags = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
    _ffmpeg(*picture, "-i", "-", *sound, "-vf", colour, *encoder, *tags, "-threads", "1", str(target), feed=frames)


def _tone_input(hertz: int, seconds: float) -> tuple[str, ...]:
    wave_ = f"{AMPLITUDE}*sin(2*PI*{hertz}*t)"
    return ("-f", "lavfi", "-i", f"aevalsrc=exprs={wave_}|{wave_}:s={SAMPLE_RATE}:d={seconds}")


def _write_wave(tone: Tone, target: Path) -> None:
    times = np.arange(round(tone.seconds * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.round(recorded_tone(target.name.removeprefix("unfinished-"), times) * 32767).astype("<i2")
    with wave.open(str(target), "wb") as file:
        file.setnchannels(tone.channels)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.repeat(samples, tone.channels).tobytes())


def _ffmpeg(*arguments: str, feed: bytes | None = None) -> None:
    command = [str(quick_tools().ffmpeg), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, input=feed)
