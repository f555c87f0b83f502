"""A draft within a draft is a clip of its own timeline: twice at most, and never itself."""

from fractions import Fraction

import pytest

from mediaproc.core.draft import DraftLimits
from mediaproc.core.errors import BadSource
from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import Timeline
from tests.core.draft.drafts import SECOND, Json, clips, codes, draft, read, segment, track, video


def _compound(inner: Json, *, id_: str = "c", times: int = 1) -> Json:
    """A draft that shows another one, as editors do: beside a material that stands for it."""
    shown = (segment(f"s{n}", "stand-in", n, 1, extra_material_refs=[id_]) for n in range(times))
    lists = {"drafts": [{"id": id_, "type": "combination", "draft": inner}], "videos": [video("stand-in", path="")]}
    return draft(track("video", *shown), materials=lists, id=f"outer-of-{inner['id']}", duration=times * SECOND)


def _film(*, id_: str = "innermost", **more: object) -> Json:
    return {**draft(track("video", segment("inner", "film", 0, 2))), "id": id_, **more}


def test_a_compound_clip_is_a_timeline_at_the_rate_of_its_outer_one() -> None:
    inner = _film(fps=25.0, canvas_config={"width": 200, "height": 100})
    (found,) = clips(read(_compound(inner)))
    assert isinstance(found.source, Timeline)
    assert (found.source.canvas.width, found.source.rate, found.source.frames) == (200, Fraction(30), 60)
    assert found.frames == 30


def test_a_compound_clip_is_heard_if_anything_in_it_is() -> None:
    assert [isinstance(each.source, Timeline) for each in read(_compound(_film())).timeline.sounds] == [True]
    silent = draft(track("video", segment("inner", "picture", 0, 2)), id="silent")
    assert read(_compound(silent)).timeline.sounds == ()


def test_its_materials_are_needed_too() -> None:
    assert [each.id for each in read(_compound(_film())).timeline.materials()] == ["film"]


def test_two_within_each_other_are_drawn_and_a_third_is_told() -> None:
    twice = _compound(_compound(_film(), id_="c1"), id_="c2")
    assert codes(read(twice)) == []
    both = _compound(twice, id_="c3")
    both["tracks"].append(track("video", segment("seen", "stand-in", 0, 1)))
    reading = read(both)
    assert NoteCode.COMPOUND_TOO_DEEP in codes(reading)


def test_one_that_holds_itself_is_refused() -> None:
    inner = _film(id_="outer")
    with pytest.raises(BadSource, match="holds itself"):
        read({**_compound(inner), "id": "outer"})


def test_it_is_read_once_and_counted_as_often_as_it_is_shown() -> None:
    document = _compound(_film(), times=3)
    first, second, third = clips(read(document))
    assert first.source is second.source is third.source
    read(document, limits=DraftLimits(max_segments=6))
    with pytest.raises(BadSource, match="more than 5 segments"):
        read(document, limits=DraftLimits(max_segments=5))


def test_its_notes_are_told_once() -> None:
    inner = draft(
        track("video", segment("inner", "film", 0, 2, extra_material_refs=["f"])),
        materials={"effects": [{"id": "f", "type": "filter", "name": "Vintage", "value": 1}]},
        id="innermost",
    )
    assert codes(read(_compound(inner, times=3))) == [NoteCode.FILTER]
