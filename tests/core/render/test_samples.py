"""What of a drawn film is looked at and listened to."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.samples import frames_to_look_at, listens, shown_at
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import BlendMode, Clip, Curve, Material, MaterialKind, Transition, TransitionKind
from tests.render.films import clip, project
from tests.render.sounding import sound

_FILM = Material(id="film", kind=MaterialKind.VIDEO, name="film.mp4")
_VIDEO = VideoStream(index=0, codec="h264", width=64, height=36)
_AUDIO = AudioStream(index=1, codec="aac", sample_rate=48_000, channels=2)
_PROBE = Probe(format_name="mov", videos=(_VIDEO,), audios=(_AUDIO,))
_FILES = {_FILM: RoomFile(name="m0001", probe=_PROBE)}


@pytest.mark.parametrize(("windows", "frames"), [(1, 50), (1, 90_000), (3, 300), (8, 900), (30, 90_000)])
def test_each_slice_is_looked_at_as_far_as_eight_looks_reach(windows: int, frames: int) -> None:
    cuts = [frames * place // windows for place in range(windows + 1)]
    slices = [Window(first=first, end=end) for first, end in itertools.pairwise(cuts)]
    looks = frames_to_look_at(slices)
    assert 1 <= len(looks) <= 8
    assert sorted(set(looks)) == list(looks)
    seen = {next(place for place, each in enumerate(slices) if each.first <= frame < each.end) for frame in looks}
    assert len(seen) == min(windows, 8)


def test_a_plain_clip_on_top_is_surely_seen_at_its_own_time() -> None:
    timeline = project([clip(_FILM, first=10, start=3.0)], frames=50)
    file, seconds = shown_at(timeline, 20, files=_FILES)
    assert (file, round(seconds, 6)) == (_FILES[_FILM], 3.4)
    assert shown_at(timeline, 5, files=_FILES) == (None, 0.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"blend_mode": BlendMode.MULTIPLY},
        {"is_reversed": True},
        {"lookup_table": "dark.cube"},
    ],
)
def test_what_may_leave_nothing_to_see_is_not_relied_on(changed: dict[str, object]) -> None:
    top: Clip = replace(clip(_FILM), **changed)  # type: ignore[arg-type]
    assert shown_at(project([clip(_FILM)], [top], frames=25), 5, files=_FILES) == (None, 0.0)


def test_small_clear_or_distant_clips_and_transitions_are_not_relied_on() -> None:
    plain = clip(_FILM)
    small, clear, distant = Curve.constant(0.1), Curve.constant(0.4), Curve.constant(-9.0)
    for placement in (
        replace(plain.placement, scale_x=small),
        replace(plain.placement, opacity=clear),
        replace(plain.placement, centre_x=distant),
    ):
        top = replace(plain, placement=placement)
        assert shown_at(project([top], frames=25), 5, files=_FILES) == (None, 0.0)
    timeline = project([plain, clip(_FILM, first=25)], frames=50)
    (layer,) = timeline.layers
    fade = Transition(kind=TransitionKind.FADE, first=20, frames=10, before=0)
    assert shown_at(replace(timeline, layers=(replace(layer, transitions=(fade,)),)), 22, files=_FILES) == (None, 0.0)


def test_long_plain_sounds_are_listened_to_within_their_fades() -> None:
    quiet = sound(_FILM, gain=Curve.constant(0.01))
    fast = sound(_FILM, speed=Fraction(2))
    plain = sound(_FILM, first=25, frames=50, start=1.0, fades=(0.5, 0.2))
    (listen,) = listens(project(frames=100, sounds=[quiet, fast, plain]), files=_FILES)
    assert listen.source == "m0001"
    assert (listen.start, listen.duration, listen.source_start) == pytest.approx((1.6, 1.0, 1.6))
