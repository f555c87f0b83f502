"""The whole plan of a timeline, run and verified: every picture in its place, however many runs made the film."""

import threading
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.render import slices
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.timeline import Canvas, Material, MaterialKind, Timeline
from mediaproc.core.verification import VerificationResult
from tests.parts.builds_of_ffmpeg import installed_tools
from tests.parts.quick_tools import quick_tools
from tests.render.films import Studio, brightness, clip, grey_film, made, packets, plan_of, project
from tests.render.sounding import sound


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio.of(quick_tools())


def test_a_short_timeline_is_one_run(studio: Studio, tmp_path: Path) -> None:
    material, file = grey_film(tmp_path, "m0001")
    timeline = project(
        [clip(material, frames=20, start=0.4), clip(material, first=30, frames=20)],
        frames=60,
        sounds=[sound(material, frames=20, start=0.4, may_be_missing=True)],
    )
    plan = plan_of(timeline, files={material: file})
    assert [step.name for step in plan.variants[0].steps] == ["film"]
    film, verification = made(plan, folder=tmp_path, studio=studio)
    assert verification.result is VerificationResult.VERIFIED
    found = brightness(film)
    expected = [*range(10, 30), *[-24] * 10, *range(20), *[-24] * 10]
    assert len(found) == 60
    assert found == pytest.approx(expected, abs=1.6)
    probe = studio.runner.probe(film, stop=threading.Event())
    assert probe.audios[0].duration == pytest.approx(2.4, abs=0.03)
    assert probe.videos[0].color_space == probe.videos[0].color_transfer == "bt709"


@pytest.mark.parametrize(
    ("tools", "rate", "most_inputs"),
    [
        # As many inputs as a run has.
        ("quick", Fraction(25), 60),
        ("quick", Fraction(30000, 1001), 6),
        ("installed", Fraction(25), 6),
        ("installed", Fraction(30000, 1001), 6),
    ],
)
def test_a_film_in_slices_has_every_picture_once_evenly_timed(
    tools: str, rate: Fraction, most_inputs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_MOST_INPUTS", most_inputs)
    studio = Studio.of(quick_tools() if tools == "quick" else installed_tools())
    material, file = grey_film(tmp_path, "m0001")
    # Two frames of the material in each clip, which begins two further on.
    count = most_inputs + 4
    clips = [clip(material, first=2 * place, frames=2, start=(2 * place + 0.5) / 25) for place in range(count)]
    frames = 2 * count
    timeline = project(clips, frames=frames, rate=rate, sounds=[sound(material, frames=frames, may_be_missing=True)])
    plan = plan_of(timeline, files={material: file})
    assert [step.name for step in plan.variants[0].steps] == ["pictures 1 of 2", "pictures 2 of 2", "film"]
    film, verification = made(plan, folder=tmp_path, studio=studio)
    assert verification.result is VerificationResult.VERIFIED
    shown = packets(film)
    ((tick, *_),) = {(later[0] - one[0], one[1]) for one, later in pairwise(shown)}
    assert [time for time, _ in shown] == [tick * place for place in range(frames)]
    if rate == 25:
        expected = [min(place, 99) for place in range(frames)]
        assert brightness(film) == pytest.approx(expected, abs=1.6)


def test_the_pictures_that_a_4k_film_is_held_to_fit_into_one_allocation(tmp_path: Path) -> None:
    studio = Studio.of(installed_tools())
    material, file = grey_film(tmp_path, "m0001", frames=2)
    canvas = Canvas(width=3840, height=2160)
    plan = plan_of(project([clip(material, frames=1, canvas=canvas)], frames=1, canvas=canvas), files={material: file})
    _, verification = made(plan, folder=tmp_path, studio=studio)
    assert verification.result is VerificationResult.VERIFIED


def test_nothing_to_hear_is_a_film_without_a_track(studio: Studio, tmp_path: Path) -> None:
    material, file = grey_film(tmp_path, "m0001", frames=5)
    canvas = Canvas(width=65, height=35)
    plan = plan_of(project([clip(material, frames=5, canvas=canvas)], frames=5, canvas=canvas), files={material: file})
    film, _ = made(plan, folder=tmp_path, studio=studio)
    probe = studio.runner.probe(film, stop=threading.Event())
    assert probe.audios == ()
    assert (probe.videos[0].width, probe.videos[0].height) == (66, 36)


_STILL = Material(id="still", kind=MaterialKind.STILL, name="still.png")
_PICTURE = VideoStream(index=0, codec="png", width=64, height=36)
_FILES = {_STILL: RoomFile(name="m0001", probe=Probe(format_name="png_pipe", videos=(_PICTURE,)))}


@pytest.mark.parametrize(
    ("timeline", "error_class", "sentence"),
    [
        (
            project(
                *[[clip(_STILL, frames=108_000)] for _ in range(90)],
                frames=108_000,
                canvas=Canvas(width=3840, height=2160),
                rate=Fraction(30),
            ),
            ErrorClass.TOO_LARGE,
            "as much to draw as 45.5 h of 3840 x 2160",
        ),
        (
            project(*[[clip(_STILL)] for _ in range(101)], frames=25),
            ErrorClass.TOO_LARGE,
            "shows 101 pictures at once, 0 s from its beginning; at most 100",
        ),
        (project([clip(_STILL)], frames=7 * 3600 * 25), ErrorClass.TOO_LONG, "7 h.* long; at most 6 h"),
        (
            project([clip(_STILL)], frames=25, canvas=Canvas(width=9000, height=100)),
            ErrorClass.TOO_LARGE,
            "canvas is 9000 x 100",
        ),
    ],
    ids=["too much", "too many", "too long", "too large"],
)
def test_what_is_too_much_is_refused_before_anything_runs(
    timeline: Timeline, error_class: ErrorClass, sentence: str
) -> None:
    with pytest.raises(BadSource, match=sentence) as refused:
        plan_of(timeline, files=_FILES)
    assert refused.value.error_class is error_class


def test_a_rich_portrait_draft_of_ten_minutes_is_taken() -> None:
    layers = [[clip(_STILL, frames=18_000)] for _ in range(40)]
    timeline = project(*layers, frames=18_000, canvas=Canvas(width=1080, height=1920), rate=Fraction(30))
    assert plan_of(timeline, files=_FILES).wall_limit <= Limits().max_wall
