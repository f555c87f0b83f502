"""Where a timeline is cut into windows, and what a window reads."""

from mediaproc.core.render.cuts import inputs_in, safe_cuts
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import SpeedPiece, Transition, TransitionKind
from tests.core.render.timelines import clip, film, row, timeline

_FADE = Transition(kind=TransitionKind.FADE, first=8, frames=4, before=0)


def test_no_cut_is_within_a_transition() -> None:
    red, blue = clip(film("red"), frames=10), clip(film("blue"), first=10, frames=10)
    above = clip(film("green"), first=9, frames=8)
    assert safe_cuts(timeline(row(red, blue), above, frames=30)) == (9, 10, 17, 20)
    assert safe_cuts(timeline(row(red, blue, transitions=(_FADE,)), above, frames=30)) == (17, 20)


def test_a_window_reads_the_clips_that_it_shows_and_the_pieces_of_a_changing_speed() -> None:
    red, blue = clip(film("red"), frames=10), clip(film("blue"), first=10, frames=10)
    whole = timeline(row(red, blue, transitions=(_FADE,)), frames=20)
    # The first frame of a transition shows the leaving clip alone.
    assert inputs_in(whole, Window(first=0, end=9)) == 1
    assert inputs_in(whole, Window(first=0, end=10)) == 2
    pieces = tuple(SpeedPiece(frames=5, source_start=n, speed=red.speed) for n in range(2))
    ramp = clip(film("red"), frames=10, pieces=pieces)
    assert inputs_in(timeline(ramp, frames=10), Window(first=0, end=10)) == 2
    assert inputs_in(timeline(clip(whole, frames=20), frames=20), Window(first=0, end=20)) == 2
