"""One sound of a timeline as filters: from the files that it is read from to exactly as many samples as it lasts."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import ffmpeg
from mediaproc.core.plan.audio_filters import stereo
from mediaproc.core.plan.filter_graph import MOST_KEPT, written
from mediaproc.core.probe import AudioStream
from mediaproc.core.render.gain import SAMPLE_RATE, loudness
from mediaproc.core.render.tempo import Tempo, tempo
from mediaproc.core.timeline import Material, Sound, SpeedPiece, Timeline

# So many samples are read before a piece and behind it (a quarter of a second): what a decoder makes of the first
# packets after a seek is not yet the sound (mp3, AAC, Opus), and `atempo` needs something to look at beyond the ends.
_MARGIN = SAMPLE_RATE // 4
_MICROSECONDS = 1_000_000

# What every sound is while it is mixed.
FORM = f"aformat=sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=stereo"


@dataclass(frozen=True, kw_only=True)
class HeardFile:
    """A file of the room that is heard, and its streams: one, or two mono ones that are left and right."""

    name: str
    streams: tuple[AudioStream, ...]
    # By how many samples it begins later than the file, where ffmpeg does not tell: in a container with a clock time
    # is counted from where the streams begin that are read, whatever the pictures do.
    late: int = 0


# By what a sound is made of; what is in here is heard.
Heard = Mapping[Material | Timeline, HeardFile]


@dataclass(frozen=True, kw_only=True)
class Strand:
    """So many samples of sound from a place of the timeline on, and how they are made of inputs."""

    # Samples of the timeline.
    start: int
    samples: int
    # For each input what stands before it, and the input.
    inputs: tuple[tuple[str, ...], ...]
    # A graph whose inputs are 0, 1 ... and which ends in [out]; its other labels begin with a letter.
    graph: str

    @property
    def end(self) -> int:
        """The first sample after it."""
        return self.start + self.samples

    def written(self, *, first_input: int, label: str) -> str:
        """The graph with its inputs counted from there, and with a name of its own for each of its labels."""

        def renamed(found: re.Match[str]) -> str:
            number, stream, name = found.groups()
            if number is not None:
                return f"[{int(number) + first_input}:{stream}]"
            return f"[{label}]" if name == "out" else f"[{label}_{name}]"

        return _LABEL.sub(renamed, self.graph)


_LABEL = re.compile(r"\[(?:(\d+):(\d+)|([a-z][a-z0-9_]*))\]")


def sample_at(frame: int, *, rate: Fraction) -> int:
    """The sample that is heard when a frame begins."""
    return round(frame * SAMPLE_RATE / rate)


def strand(sound: Sound, *, source: HeardFile, rate: Fraction) -> Strand:
    """A sound, read from a file."""
    start = sample_at(sound.first, rate=rate)
    bounds, frame = [start], sound.first
    for piece in sound.pieces:
        frame += piece.frames
        bounds.append(sample_at(frame, rate=rate))
    parts = [
        _Part(piece=piece, samples=end - begin, sound=sound, source=source, place=place)
        for place, (piece, begin, end) in enumerate(zip(sound.pieces, bounds, bounds[1:], strict=False))
    ]
    graphs = [part.graph for part in parts]
    joined = "".join(f"[p{place}]" for place in range(len(parts)))
    if len(parts) > 1:
        joined += f"concat=n={len(parts)}:v=0:a=1,"
    samples = bounds[-1] - start
    ends = (*loudness(sound, rate=rate, samples=samples), FORM)
    graphs.append(f"{joined}{','.join(ends)}[out]")
    return Strand(start=start, samples=samples, inputs=tuple(part.input for part in parts), graph=";".join(graphs))


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A stretch of a sound at one speed, and its place among them."""

    piece: SpeedPiece
    samples: int
    sound: Sound
    source: HeardFile
    place: int

    @property
    def input(self) -> tuple[str, ...]:
        """What is read: the stretch of the file, and a margin around it."""
        begin = 0 if self._late else max(0, self.piece.source_start - _microseconds(_MARGIN))
        length = self.piece.source_start - begin + _microseconds(self._read + _MARGIN)
        return (
            # Broken packets are left out: silence is better than what a decoder makes of them.
            *("-threads", "1", "-fflags", "+discardcorrupt"),
            *("-ss", _seconds(begin), "-t", _seconds(length), "-i", f"file:{self.source.name}"),
        )

    @property
    def graph(self) -> str:
        """From the file's streams to exactly so many samples."""
        streams = _stereo(self.source.streams).replace("[0:", f"[{self.place}:")
        streams = _LABEL.sub(lambda found: f"[p{self.place}{found[3]}]" if found[3] else found[0], streams)
        filters = (
            # Time 0 is where the file was told to begin: sound that begins later has silence before it.
            "aresample=async=1:first_pts=0:min_hard_comp=0.05",
            *self._margin,
            *(self._reversed if self.sound.is_reversed else self._forwards),
            "asetpts=N/SR/TB",
            FORM,
        )
        return f"{streams};[p{self.place}in]{','.join(filters)}[p{self.place}]"

    @property
    def _late(self) -> int:
        """The samples of silence that stand before the file's sound, where the stretch begins within them."""
        return self.source.late if self._begins < self.source.late + _MARGIN else 0

    @property
    def _begins(self) -> int:
        """Samples of the material before the stretch."""
        return self.piece.source_start * SAMPLE_RATE // _MICROSECONDS

    @property
    def _margin(self) -> tuple[str, ...]:
        """Silence before what is read, or less of that: behind it the stretch begins after the margin."""
        lacking = _MARGIN - self._begins if self._late else max(0, _MARGIN - self._begins)
        lacking += self._late
        if lacking < 0:
            return (f"atrim=start_sample={-lacking}", "asetpts=N/SR/TB")
        return (f"adelay=delays={lacking}S:all=1",) if lacking else ()

    @property
    def _forwards(self) -> tuple[str, ...]:
        pace = self._tempo
        if not pace.filters:
            return _cut(start=_MARGIN, samples=self.samples)
        before = round(_MARGIN / self.piece.speed) - pace.early
        return (f"apad=pad_len={2 * _MARGIN}", *pace.filters, *_cut(start=before, samples=self.samples))

    @property
    def _reversed(self) -> tuple[str, ...]:
        pace = self._tempo
        backwards = (*_cut(start=_MARGIN, samples=self._read), "areverse", "asetpts=N/SR/TB")
        if not pace.filters:
            return backwards
        late = round(pace.early * self.piece.speed)
        around = (*((f"adelay=delays={late}S:all=1",) if late else ()), f"apad=pad_len={2 * _MARGIN}")
        return (*backwards, *around, *pace.filters, *_cut(start=0, samples=self.samples))

    @property
    def _tempo(self) -> Tempo:
        return tempo(self.piece.speed, keeps_pitch=self.sound.keeps_pitch)

    @property
    def _read(self) -> int:
        """Samples of the material."""
        return round(self.samples * self.piece.speed)


def _cut(*, start: int, samples: int) -> tuple[str, ...]:
    """So many samples from there on; silence where there are none."""
    return (f"apad=whole_len={start + samples}", f"atrim=start_sample={start}:end_sample={start + samples}")


@lru_cache(maxsize=MOST_KEPT)
def _stereo(streams: Sequence[AudioStream]) -> str:
    """The graph from the streams of input 0 to two channels, in step with their times; it ends in [in]."""
    sound = stereo(ffmpeg.input("source"), streams, in_step=True)
    if len(streams) == 1 and streams[0].channels == 1:
        # ffmpeg's resampler spreads the power of one channel over two: each is 3 dB softer than what was recorded.
        sound = sound.filter("volume", f"{math.sqrt(2):.6f}")
    return written(sound, label="in").text


def _microseconds(samples: int) -> int:
    return round(Fraction(samples * _MICROSECONDS, SAMPLE_RATE))


def _seconds(microseconds: int) -> str:
    return f"{microseconds // _MICROSECONDS}.{microseconds % _MICROSECONDS:06d}"
