"""What drawing a draft takes: its time beside that of encoding the same frames from one file, and its peak memory.

The draft is ten minutes of 1080x1920: 40 clips, 30 captions, the clips' own sound and three more. The reference is one
ffmpeg that encodes a film of these frames, drawn in high quality before, with the same settings and threads.
"""

import resource
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from mediaproc.core.captions import AvailableFace, Captions, choose_faces
from mediaproc.core.expectation import Medium
from mediaproc.core.faces import copy_face, read_face
from mediaproc.core.limits import Limits
from mediaproc.core.notes import Notes
from mediaproc.core.plan import arguments
from mediaproc.core.plan.model import Plan
from mediaproc.core.profile import Profile
from mediaproc.core.render.rendering import make_rendering
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import (
    Canvas,
    Clip,
    Colour,
    Curve,
    Layer,
    Material,
    MaterialKind,
    Placement,
    Sound,
    SpeedPiece,
    Text,
    TextRun,
    TextStyle,
    Timeline,
)
from mediaproc.ffmpeg.room import place_in, room_in
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.bench.usage import Usage, measured
from tests.parts.quick_tools import quick_tools

_RATE = Fraction(30)
_PROFILE = Profile(name="draft", medium=Medium.VIDEO, extension="mp4", mime_type="video/mp4", processor="draft")
# The film of the reference: as many bits as it takes for the same frames, and fast.
_FINE = replace(_PROFILE, encoder_speed="ultrafast", crf=12, max_video_bit_rate=400_000_000)
_FACE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_GOAL, _GOAL_OF_MEMORY = 1.3, 1.5

# Sizes of the films that the clips are cut from: three that cover a portrait canvas, and one that lies within it.
_FILMS = (1.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """How large a draft is."""

    width: int
    height: int
    clips: int
    seconds_of_a_clip: int
    captions: int
    sounds: int
    threads: int = 2

    @property
    def frames(self) -> int:
        return self.clips * self.frames_of_a_clip

    @property
    def frames_of_a_clip(self) -> int:
        return int(self.seconds_of_a_clip * _RATE)

    @property
    def seconds(self) -> int:
        return self.clips * self.seconds_of_a_clip


_WHOLE = Draft(width=1080, height=1920, clips=40, seconds_of_a_clip=15, captions=30, sounds=3)
_SHORT = Draft(width=108, height=192, clips=4, seconds_of_a_clip=1, captions=2, sounds=3)


def bench(short: bool) -> int:
    """One round: of ten minutes, or of four small seconds, by programs that start quickly, when short."""
    draft = _SHORT if short else _WHOLE
    tools = quick_tools() if short else find_tools(ffmpeg=None, ffprobe=None)
    print(f"A draft of {draft.seconds} s, {draft.width}x{draft.height}, {draft.clips} clips")
    with TemporaryDirectory() as folder:
        drawn, encoded, memory, planned = _measured(draft, tools=tools, folder=Path(folder))
    for name, ratio in (("wall", drawn.wall / encoded.wall), ("CPU", drawn.cpu / encoded.cpu)):
        goal = f"goal {_GOAL}" + (f", falls short by {ratio - _GOAL:.2f}" if ratio > _GOAL else "")
        print(f"  {name} of drawing it: {ratio:.2f} times the encode of its frames from one file ({goal})")
    print(
        f"  drawn in {drawn.wall:.0f} s, {drawn.cpu:.0f} s of CPU; encoded in {encoded.wall:.0f} s, {encoded.cpu:.0f} s"
    )
    print(f"  largest child {memory / 1e9:.2f} GB, planned {planned / 1e9:.2f} GB (goal {_GOAL_OF_MEMORY} GB)")
    return 0


def _measured(draft: Draft, *, tools: Tools, folder: Path) -> tuple[Usage, Usage, int, int]:
    runner, stop = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg)), threading.Event()
    scene = _scene(draft, tools=tools, runner=runner, folder=folder)
    fine, output, source = folder / "fine.mp4", folder / "output.mp4", folder / "source"
    source.write_bytes(b"a draft")

    def drawn(plan: Plan, *, to: Path) -> RunReport:
        variant = plan.variants[0]
        return runner.transcode(plan, variant=variant, source=source, output=to, on_progress=print_nothing, stop=stop)

    drawn(scene.plan(_FINE), to=fine)
    plan = scene.plan(_PROFILE)
    with measured() as ours:
        run = drawn(plan, to=output)
    # Kilobytes; of the largest child so far, and what was made before took less.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    runner.verify(output, source=source, plan=plan, variant=plan.variants[0], stop=stop, run=run)
    x264 = arguments.x264(_PROFILE, threads=draft.threads, bound=arguments.bit_rate_bound(_PROFILE))
    sound = ("-c:a", "aac", "-b:a", str(_PROFILE.audio_bit_rate), "-movflags", "+faststart")
    with measured() as reference:
        _run(tools, "-threads", str(draft.threads), "-i", str(fine), *x264, *sound, str(folder / "again.mp4"))
    return ours, reference, memory, plan.memory


def print_nothing(_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """A furnished room, and the timeline that is drawn of it."""

    timeline: Timeline
    files: Files
    captions: Captions
    threads: int

    def plan(self, profile: Profile) -> Plan:
        return make_rendering(
            self.timeline,
            files=self.files,
            tables={},
            captions=self.captions,
            profile=profile,
            threads=self.threads,
            limits=Limits(),
            notes=Notes(),
        )


def _scene(draft: Draft, *, tools: Tools, runner: FfmpegRunner, folder: Path) -> _Scene:
    room = room_in(folder)
    room.mkdir()
    films = [
        _film(draft, f"m{number:04}", tools=tools, room=room, covers=covers > 0)
        for number, covers in enumerate(_FILMS, start=1)
    ]
    songs = [_song(draft, f"m{number + 11:04}", tools=tools, room=room) for number in range(draft.sounds)]
    materials = {
        Material(id=name, kind=kind, name=name): RoomFile(
            name=name, probe=runner.probe_material(room / name, name=name, stop=threading.Event())
        )
        for names, kind in ((films, MaterialKind.VIDEO), (songs, MaterialKind.SOUND))
        for name in names
    }
    seen, heard = (list(materials)[: len(films)], list(materials)[len(films) :])
    timeline = _timeline(draft, films=seen, songs=heard)
    captions = _captions(timeline, room=room)
    return _Scene(timeline=timeline, files=materials, captions=captions, threads=draft.threads)


def _timeline(draft: Draft, *, films: Sequence[Material], songs: Sequence[Material]) -> Timeline:
    canvas, each = Canvas(width=draft.width, height=draft.height), draft.frames_of_a_clip
    clips, sounds = [], []
    for number in range(draft.clips):
        place = Window(first=number * each, end=(number + 1) * each)
        start = number * 210_000 % (draft.seconds_of_a_clip * 1_000_000)
        clips.append(_clip(f"clip{number}", source=films[number % len(films)], start=start, canvas=canvas, place=place))
        sounds.append(_sound(f"clip{number}", source=films[number % len(films)], start=start, gain=1.0, place=place))
    whole = Window(first=0, end=draft.frames)
    sounds += [
        _sound(f"song{number}", source=song, start=0, gain=0.2, place=whole) for number, song in enumerate(songs)
    ]
    step = draft.frames // draft.captions
    texts = [
        _text(number, first=number * step, frames=step * 3 // 5, canvas=canvas) for number in range(draft.captions)
    ]
    layers = (Layer(clips=tuple(clips)), Layer(texts=tuple(texts)))
    return Timeline(canvas=canvas, rate=_RATE, frames=draft.frames, layers=layers, sounds=tuple(sounds))


def _clip(name: str, *, source: Material, start: int, canvas: Canvas, place: Window) -> Clip:
    return Clip(
        id=name,
        first=place.first,
        frames=place.frames,
        source=source,
        source_start=start,
        source_duration=0,
        speed=Fraction(1),
        pieces=(SpeedPiece(frames=place.frames, source_start=start, speed=Fraction(1)),),
        placement=_placement(canvas.width / 2, canvas.height / 2),
    )


def _sound(name: str, *, source: Material, start: int, gain: float, place: Window) -> Sound:
    return Sound(
        id=name,
        first=place.first,
        frames=place.frames,
        source=source,
        source_start=start,
        source_duration=0,
        speed=Fraction(1),
        pieces=(SpeedPiece(frames=place.frames, source_start=start, speed=Fraction(1)),),
        gain=Curve.constant(gain),
        may_be_missing=True,
    )


def _text(number: int, *, first: int, frames: int, canvas: Canvas) -> Text:
    words = f"Caption number {number},\nof two lines"
    style = TextStyle(line_height=canvas.width / 15, colour=Colour(red=255, green=255, blue=255))
    return Text(
        id=f"text{number}",
        first=first,
        frames=frames,
        words=words,
        runs=(TextRun(first=0, end=len(words), style=style),),
        placement=_placement(canvas.width / 2, canvas.height * 0.8),
    )


def _placement(x: float, y: float) -> Placement:
    one, none = Curve.constant(1.0), Curve.constant(0.0)
    return Placement(
        centre_x=Curve.constant(x), centre_y=Curve.constant(y), scale_x=one, scale_y=one, rotation=none, opacity=one
    )


def _captions(timeline: Timeline, *, room: Path) -> Captions:
    face = AvailableFace(face=read_face(memoryview(_FACE.read_bytes())), path=str(_FACE))
    captions = choose_faces(timeline, bundled={}, machine=[face], notes=Notes())
    for file in captions.faces:
        data = memoryview(_FACE.read_bytes())
        place_in(room, file.name).write_bytes(b"".join(copy_face(data, index=0, name=file.family)))
    return captions


def _film(draft: Draft, name: str, *, tools: Tools, room: Path, covers: bool) -> str:
    """A lively film of twice a clip's length with a tone, as a phone would write it."""
    width, height = (draft.width, draft.height) if covers else (draft.width, draft.width * 9 // 16 // 2 * 2)
    lasts = 2 * draft.seconds_of_a_clip
    picture = f"testsrc2=s={width}x{height}:r={_RATE}:d={lasts},noise=alls=5:allf=t,hue=h={int(name[1:]) * 60}"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=f=440:r=48000:d={lasts}")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-c:a", "aac")
    _run(tools, *inputs, *codecs, "-f", "mp4", str(room / name))
    return name


def _song(draft: Draft, name: str, *, tools: Tools, room: Path) -> str:
    tone = f"sine=f={300 + 10 * int(name[1:])}:r=44100:d={draft.seconds},tremolo=f=3"
    _run(tools, "-f", "lavfi", "-i", tone, "-c:a", "libmp3lame", "-f", "mp3", str(room / name))
    return name


def _run(tools: Tools, *words: str) -> None:
    subprocess.run([str(tools.ffmpeg), "-v", "error", "-nostdin", "-y", *words], check=True)
