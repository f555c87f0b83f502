"""What of a drawn film is looked at and listened to once it is made: slices that are lost, swapped or shifted show."""

from collections.abc import Iterator, Sequence
from itertools import islice

from mediaproc.core.expectation import Listen
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.render.room_file import Files, RoomFile
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import BlendMode, Clip, FrameGrid, Material, Sound, Timeline
from mediaproc.core.timeline.frame_grid import MICROSECONDS

_MOST_LOOKS, _MOST_LISTENS = 8, 4
# One look for so many frames of a short film.
_FRAMES_TO_A_LOOK = 100

# What is listened to (s), and how far from the ends of a sound.
_LISTEN, _INSET = 1.0, 0.1
# A gain below which a sound is too soft to be sure of.
_HEARD = 0.1

# A picture that is as large as this part of its fitted size, with its middle within the canvas, is seen.
_SEEN = 0.5

# Films in these may be decoded from between two key frames after a seek, and begin with grey pictures.
_WITHOUT_INDEX = frozenset({"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "asf", "rm", "ogg", "wtv", "mxf", "dv"})
# So far beyond its clip a picture may be seen in a transition (frames; the longest has some seconds).
_NEAR = 300


def frames_to_look_at(windows: Sequence[Window]) -> Sequence[int]:
    """Frames from one end of the film to the other: one in each window, more where there are few, at most 8."""
    frames = windows[-1].end
    looks = min(_MOST_LOOKS, max(len(windows), 1 + frames // _FRAMES_TO_A_LOOK))
    if len(windows) >= looks:
        chosen = [windows[place * len(windows) // looks] for place in range(looks)]
        return [(window.first + window.end) // 2 for window in chosen]
    return [(2 * place + 1) * frames // (2 * looks) for place in range(looks)]


def is_repeatable(timeline: Timeline, frame: int, *, files: Files) -> bool:
    """Whether each decoding of a frame gives the same: a seek in a container without an index may end anywhere."""
    # Those of a transition are seen beyond their ends.
    near = [clip for layer in timeline.layers for clip in layer.clips if clip.first - _NEAR <= frame < clip.end + _NEAR]
    return all(_is_sought_exactly(clip.source, files=files) for clip in near)


def _is_sought_exactly(source: Material | Timeline, *, files: Files) -> bool:
    if isinstance(source, Timeline):
        sources = (clip.source for layer in source.layers for clip in layer.clips)
        return all(_is_sought_exactly(each, files=files) for each in sources)
    return source not in files or carrier(files[source].probe) not in _WITHOUT_INDEX


def shown_at(timeline: Timeline, frame: int, *, files: Files) -> tuple[RoomFile | None, float]:
    """The material that is surely seen in a frame, and its own time (s) then; or nothing."""
    for layer in reversed(timeline.layers):
        if any(each.first <= frame < each.end for each in layer.transitions):
            return None, 0.0
        clip = next((each for each in layer.clips if each.first <= frame < each.end), None)
        if clip is None:
            continue
        if isinstance(clip.source, Material) and clip.source in files and _is_plain(clip, frame, timeline):
            return files[clip.source], _time_of(clip, frame, grid=FrameGrid(rate=timeline.rate))
        return None, 0.0
    return None, 0.0


def listens(timeline: Timeline, *, files: Files) -> Sequence[Listen]:
    """Pieces of the sound that are not silent where their material is not."""
    return tuple(islice(_listens(timeline, files=files), _MOST_LISTENS))


def _listens(timeline: Timeline, *, files: Files) -> Iterator[Listen]:
    grid = FrameGrid(rate=timeline.rate)
    for sound in sorted(timeline.sounds, key=lambda each: each.frames, reverse=True):
        file = files.get(sound.source) if isinstance(sound.source, Material) else None
        if file is None or not file.audio or not _is_plainly_heard(sound):
            continue
        start = grid.microseconds(sound.first) + sound.fade_in
        end = grid.microseconds(min(sound.end, timeline.frames)) - sound.fade_out
        inset = int(_INSET * MICROSECONDS)
        lasts = min(int(_LISTEN * MICROSECONDS), end - start - 2 * inset)
        if lasts > inset:
            begin = start + inset
            yield Listen(
                start=begin / MICROSECONDS,
                duration=lasts / MICROSECONDS,
                source=file.name,
                source_start=(sound.source_start + begin - grid.microseconds(sound.first)) / MICROSECONDS,
                stream=file.audio[0].index,
            )


def _is_plainly_heard(sound: Sound) -> bool:
    as_recorded = sound.speed == 1 and len(sound.pieces) == 1 and not sound.is_reversed
    return as_recorded and min(each.value for each in sound.gain.keyframes) >= _HEARD


def _is_plain(clip: Clip, frame: int, timeline: Timeline) -> bool:
    """Whether nothing is done to a clip that may leave nothing of it to see."""
    if clip.mask or clip.chroma_key or clip.colour_adjustment or clip.lookup_table or clip.is_reversed:
        return False
    place, at = clip.placement, frame - clip.first
    sides = (abs(place.scale_x.value(at)), abs(place.scale_y.value(at)))
    x, y = place.centre_x.value(at), place.centre_y.value(at)
    return (
        clip.blend_mode is BlendMode.NORMAL
        and place.opacity.value(at) >= 1
        and min(sides) >= _SEEN
        and 0 <= x <= timeline.canvas.width
        and 0 <= y <= timeline.canvas.height
        and len(clip.pieces) == 1
    )


def _time_of(clip: Clip, frame: int, *, grid: FrameGrid) -> float:
    passed = grid.microseconds(frame) - grid.microseconds(clip.first)
    return float(clip.source_start + passed * clip.speed) / MICROSECONDS
