"""Tones as materials, timelines that play them, and what is heard of a mix: measured at samples, not listened to."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediaproc.core.notes import Notes
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.render.gain import SAMPLE_RATE
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.render.sound_mix import Mix, mix_sounds
from mediaproc.core.step import GRAPH_OPTION
from mediaproc.core.timeline import Canvas, Curve, Material, MaterialKind, Sound, SpeedPiece, Timeline
from tests.parts.ffmpeg_made import made_by_ffmpeg
from tests.parts.quick_tools import quick_tools

RATE = Fraction(25)
# Both ears, so that mono of it is as loud as either.
_AMPLITUDE = 0.5


def ffmpeg_of_tests() -> Path:
    return quick_tools().ffmpeg


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The left channel."""

    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def sounding(self, *, above: float = 0.1) -> tuple[float, float]:
        """When the first and the last sample is that loud (s)."""
        (places,) = np.nonzero(np.abs(self.samples) > above)
        return float(places[0]) / SAMPLE_RATE, float(places[-1]) / SAMPLE_RATE

    def level(self, hertz: float, *, at: float, lasts: float = 0.1) -> float:
        """How loud a tone is there, in dB over that of the materials."""
        piece = self.samples[round(at * SAMPLE_RATE) : round((at + lasts) * SAMPLE_RATE)]
        turns = np.exp(-2j * np.pi * hertz * np.arange(len(piece)) / SAMPLE_RATE)
        return float(20 * np.log10(2 * abs(np.mean(piece * turns)) / _AMPLITUDE + 1e-9))


def tone(
    room: Path,
    name: str,
    *,
    hertz: float = 660,
    sounds: tuple[float, float] = (0, 4),
    lasts: float = 4,
    rate: int = 48_000,
    layout: str = "stereo",
    codec: Sequence[str] = (),
) -> tuple[Material, RoomFile]:
    """A file of the room that sounds between two times (s), in all its channels alike."""
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    wave = f"{_AMPLITUDE}*sin(2*PI*{hertz}*t)*between(t,{sounds[0]},{sounds[1]})"
    source = f"aevalsrc='{'|'.join([wave] * channels)}':s={rate}:d={lasts}:c={layout}"
    (room / name).write_bytes(made_by_ffmpeg("-f", "lavfi", "-i", source, *codec, name=name))
    stream = AudioStream(index=0, codec="any", sample_rate=rate, channels=channels, layout=layout)
    probe = Probe(format_name="any", stream_count=1, audios=(stream,))
    return Material(id=name, kind=MaterialKind.SOUND, name=name), RoomFile(name=name, probe=probe)


def late_sound(room: Path, name: str, *, container: str, ffmpeg: Path) -> tuple[Material, RoomFile]:
    """A film of 2 s whose tone begins half a second after its picture, and lasts a second and a half."""
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=2")
    wave = f"aevalsrc='{_AMPLITUDE}*sin(2*PI*660*t)':s=48000:d=1.5"
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-f", container)
    # Of its first packet, which is the encoder's own lead.
    begins = 0.5 - 1024 / 48_000
    _run(
        [*picture, "-itsoffset", "0.5", "-f", "lavfi", "-i", wave, *codecs, str(room / name)], room=room, ffmpeg=ffmpeg
    )
    probe = Probe(
        format_name=container,
        stream_count=2,
        start=1.4,
        videos=(VideoStream(index=0, codec="h264", width=64, height=36),),
        audios=(AudioStream(index=1, codec="aac", sample_rate=48_000, channels=1, layout="mono", start=1.4 + begins),),
    )
    return Material(id=name, kind=MaterialKind.VIDEO, name=name), RoomFile(name=name, probe=probe)


def sound(  # noqa: PLR0913 - what a sound is
    source: Material | Timeline,
    *,
    first: int = 0,
    frames: int = 50,
    start: float = 0.0,
    speed: Fraction = Fraction(1),
    gain: Curve | None = None,
    is_reversed: bool = False,
    keeps_pitch: bool = True,
    fades: tuple[float, float] = (0, 0),
    may_be_missing: bool = False,
) -> Sound:
    """A sound of one speed from `start` (s) of its material on."""
    begin = round(start * 1e6)
    return Sound(
        id=f"sound at {first}",
        first=first,
        frames=frames,
        source=source,
        source_start=begin,
        source_duration=round(frames / RATE * speed * 1_000_000),
        speed=speed,
        pieces=(SpeedPiece(frames=frames, source_start=begin, speed=speed),),
        is_reversed=is_reversed,
        gain=gain or Curve.constant(1.0),
        fade_in=round(fades[0] * 1e6),
        fade_out=round(fades[1] * 1e6),
        keeps_pitch=keeps_pitch,
        may_be_missing=may_be_missing,
    )


def timeline(*sounds: Sound, frames: int = 100, rate: Fraction = RATE) -> Timeline:
    """Nothing to see."""
    return Timeline(canvas=Canvas(width=320, height=180), rate=rate, frames=frames, sounds=sounds)


def heard(project: Timeline, *, files: Files, room: Path, ffmpeg: Path | None = None) -> Heard:
    """What its mix sounds like."""
    mix = mix_sounds(project, files=files, notes=Notes())
    assert mix is not None
    return mixed(mix, room=room, ffmpeg=ffmpeg)


def mixed(mix: Mix, *, room: Path, ffmpeg: Path | None = None) -> Heard:
    """The mix after its steps, run as the plan has them."""
    for name, text in mix.texts.items():
        (room / name).write_text(text)
    for step in mix.steps:
        _run([*step.arguments, f"file:{step.output}"], room=room, ffmpeg=ffmpeg)
    (room / "sound.txt").write_text(mix.graph(first_input=0))
    inputs = [word for each in mix.inputs for word in each]
    end = ("-map", "[sound]", "-f", "f32le", "-")
    out = _run([*inputs, GRAPH_OPTION, "sound.txt", *end], room=room, ffmpeg=ffmpeg)
    return Heard(samples=np.frombuffer(out, dtype=np.float32)[::2])


def _run(arguments: Sequence[str], *, room: Path, ffmpeg: Path | None = None) -> bytes:
    words = ["-filter_complex_script" if word == GRAPH_OPTION else word for word in arguments]
    command = [str(ffmpeg or ffmpeg_of_tests()), "-v", "error", "-nostdin", "-y", *words]
    done = subprocess.run(command, cwd=room, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return done.stdout
