"""How a timeline is cut into windows: few, bounded, and together the whole."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.slices import spans, windows
from mediaproc.core.timeline import Material, MaterialKind, SpeedPiece, Timeline, Transition, TransitionKind
from tests.render.films import clip, project

_FILM = Material(id="film", kind=MaterialKind.VIDEO, name="film.mp4")
_FULL_HD = VideoStream(index=0, codec="h264", width=1920, height=1080)
_FILES = {_FILM: RoomFile(name="m0001", probe=Probe(format_name="mov", videos=(_FULL_HD,)))}


def _ends(timeline: Timeline) -> list[int]:
    found = windows(timeline, files=_FILES)
    assert found[0].first == 0
    assert all(one.end == other.first for one, other in itertools.pairwise(found))
    assert found[-1].end == timeline.frames
    return [window.end for window in found]


def test_what_one_run_can_hold_is_one_window() -> None:
    assert _ends(project([clip(_FILM, first=25 * place) for place in range(16)], frames=420)) == [420]
    assert _ends(project(frames=50)) == [50]


def test_many_films_are_cut_where_one_begins() -> None:
    clips = [clip(_FILM, first=25 * place) for place in range(40)]
    assert _ends(project(clips, frames=1000)) == [400, 800, 1000]


def test_small_films_are_cut_by_their_number() -> None:
    small = Material(id="small", kind=MaterialKind.VIDEO, name="small.mp4")
    clips = [clip(small, first=place, frames=1) for place in range(150)]
    assert _ends(project(clips, frames=150)) == [60, 120, 150]


def test_what_goes_on_behind_a_cut_counts_there_too() -> None:
    below = [[clip(_FILM, frames=1000)] for _ in range(10)]
    clips = [clip(_FILM, first=25 * place) for place in range(40)]
    ends = _ends(project(*below, clips, frames=1000))
    for first, end in zip([0, *ends], ends, strict=False):
        shown = [each for each in spans(project(*below, clips, frames=1000), files=_FILES) if each.first < end]
        assert sum(each.inputs for each in shown if each.end > first) <= 17


def test_a_crowd_does_not_begin_a_run_for_each_clip() -> None:
    below = [[clip(_FILM, frames=1000)] for _ in range(40)]
    clips = [clip(_FILM, first=25 * place) for place in range(40)]
    assert len(_ends(project(*below, clips, frames=1000))) <= 3


def test_a_crowd_that_nobody_can_tell_apart_is_refused_with_its_time() -> None:
    layers = [[clip(_FILM, first=50)] for _ in range(101)]
    with pytest.raises(BadSource, match=r"shows 101 pictures at once, 2 s from its beginning"):
        windows(project(*layers, frames=100), files=_FILES)


def test_transitions_and_stretches_of_speed_count_as_what_is_read() -> None:
    timeline = project([clip(_FILM), clip(_FILM, first=25)], frames=50)
    fade = Transition(kind=TransitionKind.FADE, first=20, frames=10, before=0)
    stretches = tuple(SpeedPiece(frames=5, source_start=0, speed=Fraction(1)) for _ in range(5))
    (layer,) = timeline.layers
    first, second = layer.clips
    layer = replace(layer, clips=(first, replace(second, pieces=stretches)), transitions=(fade,))
    found = list(spans(replace(timeline, layers=(layer,)), files=_FILES))
    assert [(each.first, each.end, each.inputs) for each in found] == [(0, 30, 1), (20, 50, 5)]


def test_a_timeline_within_counts_all_that_it_shows() -> None:
    inner = project([clip(_FILM)], [clip(_FILM)], frames=25)
    (span,) = spans(project([clip(inner)], frames=25), files=_FILES)
    assert (span.inputs, span.pixels) == (2, 2 * 1920 * 1080)
