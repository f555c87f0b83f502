"""The sounds of a timeline as one: which of them are mixed by which run of ffmpeg, and the graph of the last one.

Sounds that do not overlap stand in a lane, one behind the other; the lanes are added up. Where one run would read too
many files, earlier ones mix some of the sounds each into a file of the room, not yet limited, which then is a sound.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes import NoteCode, Notes, Where
from mediaproc.core.plan.expected_length import is_clocked
from mediaproc.core.probe import AudioStream
from mediaproc.core.render.gain import SAMPLE_RATE
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.render.sound_chain import FORM, HeardFile, Strand, sample_at, strand
from mediaproc.core.safe_text import quoted
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.core.timeline import FrameGrid, Material, Sound, Timeline

# Files that one run of ffmpeg reads for its sound.
MOST_INPUTS = 40

# Full scale less a third of a decibel: what is as loud as can be stays within what an ear tells apart, and the
# encoder's own error hardly clips.
_LIMITER = "alimiter=level=0:latency=1:limit=0.96"

# Of a mixed file: two channels of 32 bits, so that sums beyond full scale are kept.
_BYTES_PER_SAMPLE = 8
_MIXED = (AudioStream(index=0, codec="pcm_f32le", sample_rate=SAMPLE_RATE, channels=2, layout="stereo"),)


@dataclass(frozen=True, kw_only=True)
class Mix:
    """All that is heard, as the last run of ffmpeg mixes it."""

    strands: tuple[Strand, ...]
    samples: int
    # What runs before, and the graphs that it names.
    steps: tuple[Step, ...]
    texts: Mapping[str, str]
    # Bytes of the files that they make.
    stored: int

    @property
    def inputs(self) -> tuple[tuple[str, ...], ...]:
        """For each input of the graph its arguments up to and with `-i file:NAME`."""
        return tuple(each for one in self.strands for each in one.inputs)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / SAMPLE_RATE

    def graph(self, *, first_input: int) -> str:
        """The filter graph, its inputs counted from there on; it ends in [sound]."""
        mixed = _mixed(self.strands, start=0, first_input=first_input)
        exact = f"apad=whole_len={self.samples},atrim=end_sample={self.samples},asetpts=N/SR/TB"
        return f"{mixed}{_LIMITER},{exact}[sound]"


def mix_sounds(timeline: Timeline, *, files: Files, notes: Notes, accept_missing: bool = False) -> Mix | None:
    """What is heard of a timeline; None where nothing is.

    Raises:
        BadSource: a material of sound has none, and that is not accepted.
    """
    mixer = _Mixer(files=files, notes=notes, accept_missing=accept_missing)
    strands = mixer.strands(timeline)
    if not strands:
        return None
    return Mix(
        strands=tuple(strands),
        samples=sample_at(timeline.frames, rate=timeline.rate),
        steps=tuple(mixer.steps),
        texts=mixer.texts,
        stored=mixer.stored,
    )


@dataclass(kw_only=True)
class _Mixer:
    """Collects the steps that have to come first; a timeline within a timeline is mixed once, however often heard."""

    files: Files
    notes: Notes
    accept_missing: bool
    steps: list[Step] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    stored: int = 0
    _timelines: dict[Timeline, HeardFile | None] = field(default_factory=dict)

    def strands(self, timeline: Timeline) -> Sequence[Strand]:
        """What is to be mixed, in the order of its beginning, of few enough inputs for one run."""
        strands = list(self._each(timeline))
        strands.sort(key=lambda each: each.start)
        while sum(len(each.inputs) for each in strands) > MOST_INPUTS:
            strands = [self._stored(group) for group in _groups(strands)]
        return strands

    def _each(self, timeline: Timeline) -> Iterator[Strand]:
        grid = FrameGrid(rate=timeline.rate)
        for sound in timeline.sounds:
            if sound.first >= timeline.frames or _is_silent(sound):
                continue
            source = self._heard(sound, grid=grid)
            if source is not None:
                yield strand(sound, source=source, rate=timeline.rate)

    def _heard(self, sound: Sound, *, grid: FrameGrid) -> HeardFile | None:
        if isinstance(sound.source, Material):
            return self._heard_file(sound, sound.source, grid=grid)
        if sound.source not in self._timelines:
            self._timelines[sound.source] = self._mixed_timeline(sound.source)
        return self._timelines[sound.source]

    def _heard_file(self, sound: Sound, material: Material, *, grid: FrameGrid) -> HeardFile | None:
        file = self.files.get(material)
        if file is not None and file.audio:
            streams = tuple(stream.unwalked for stream in file.audio)
            return HeardFile(name=file.name, streams=streams, late=_lateness(file))
        if file is None or sound.may_be_missing:
            return None
        if not self.accept_missing:
            raise BadSource(
                f"The draft's sound {quoted(material.file_name)} has no sound that can be decoded: put another file in"
                " its place, or take a profile that accepts missing materials.",
                error_class=ErrorClass.NO_AUDIO,
            )
        start = grid.microseconds(sound.first)
        where = Where(segment_id=sound.id, start=start, duration=grid.microseconds(sound.end) - start)
        self.notes.take(NoteCode.MATERIAL_SILENT, where, name=material.file_name)
        return None

    def _mixed_timeline(self, timeline: Timeline) -> HeardFile | None:
        strands = self.strands(timeline)
        if not strands:
            return None
        length = sample_at(timeline.frames, rate=timeline.rate)
        return HeardFile(name=self._mix(strands, start=0, samples=length), streams=_MIXED)

    def _stored(self, group: Sequence[Strand]) -> Strand:
        """The group as one strand, which is read from the file that it is mixed into."""
        if len(group) == 1 and len(group[0].inputs) == 1:
            return group[0]
        start, end = group[0].start, max(each.end for each in group)
        name = self._mix(group, start=start, samples=end - start)
        return Strand(
            start=start,
            samples=end - start,
            inputs=(("-i", f"file:{name}"),),
            graph=f"[0:0]{FORM},apad=whole_len={end - start},atrim=end_sample={end - start},asetpts=N/SR/TB[out]",
        )

    def _mix(self, strands: Sequence[Strand], *, start: int, samples: int) -> str:
        """Adds a step that mixes so many samples from there on; returns the name of its file."""
        number = len(self.steps) + 1
        graph_name, name = f"mix{number}.txt", f"mix{number}.w64"
        exact = f"apad=whole_len={samples},atrim=end_sample={samples},asetpts=N/SR/TB"
        self.stored += samples * _BYTES_PER_SAMPLE
        self.texts[graph_name] = f"{_mixed(strands, start=start, first_input=0)}{exact}[sound]"
        inputs = [each for one in strands for each in one.inputs]
        self.steps.append(
            Step(
                name=f"sound {number}",
                arguments=(
                    *(word for each in inputs for word in each),
                    *(GRAPH_OPTION, graph_name, "-map", "[sound]", "-c:a", "pcm_f32le", "-f", "w64"),
                ),
                output=name,
                inputs=len(inputs),
            )
        )
        return name


def _lateness(file: RoomFile) -> int:
    """Samples between the beginning of a file and that of its sound, where it has a clock."""
    start = file.audio[0].start
    if start is None or file.probe.start is None or not is_clocked(file.probe):
        return 0
    return max(0, round((start - file.probe.start) * SAMPLE_RATE))


def _is_silent(sound: Sound) -> bool:
    return sound.gain.is_constant and sound.gain.keyframes[0].value <= 0


def _groups(strands: Sequence[Strand]) -> Iterator[Sequence[Strand]]:
    """Neighbours in time, of few enough inputs for one run each."""
    group: list[Strand] = []
    inputs = 0
    for each in strands:
        if group and inputs + len(each.inputs) > MOST_INPUTS:
            yield group
            group, inputs = [], 0
        group.append(each)
        inputs += len(each.inputs)
    yield group


def _mixed(strands: Sequence[Strand], *, start: int, first_input: int) -> str:
    """The graph of the strands' sum from a sample of the timeline on; its end is not named yet."""
    graphs = []
    firsts = accumulate((len(each.inputs) for each in strands), initial=first_input)
    for number, (each, first) in enumerate(zip(strands, firsts, strict=False)):
        graphs.append(each.written(first_input=first, label=f"s{number}"))
    lanes = _lanes(strands)
    for number, lane in enumerate(lanes):
        end = start
        for place in lane:
            gap = strands[place].start - end
            graphs.append(f"[s{place}]adelay=delays={gap}S:all=1[d{place}]")
            end = strands[place].end
        graphs.append(f"{''.join(f'[d{place}]' for place in lane)}concat=n={len(lane)}:v=0:a=1[l{number}]")
    ends = "".join(f"[l{number}]" for number in range(len(lanes)))
    return ";".join([*graphs, f"{ends}amix=inputs={len(lanes)}:duration=longest:normalize=0,"])


def _lanes(strands: Sequence[Strand]) -> Sequence[Sequence[int]]:
    """The places of the strands, which are in the order of their beginning: each in the first lane free by then."""
    lanes: list[list[int]] = []
    for place, each in enumerate(strands):
        free = next((lane for lane in lanes if strands[lane[-1]].end <= each.start), None)
        if free is None:
            lanes.append([place])
        else:
            free.append(place)
    return lanes
