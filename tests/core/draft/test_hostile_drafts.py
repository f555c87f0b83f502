"""Whatever a draft's bytes are, they give a timeline within bounds or one sentence, soon and in little memory."""

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaproc.core.draft import DraftLimits, TimelineFile, pace, read_draft
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes import NoteCode
from tests.core.draft.drafts import (
    SECOND,
    Json,
    clip,
    draft,
    one_clip,
    read,
    segment,
    texts,
    track,
    video,
    words,
)

RECORDED = Path(__file__).parent / "recorded"

_MEGABYTE = 1024 * 1024


def _refused(content: bytes, *, limits: DraftLimits | None = None) -> BadSource:
    with pytest.raises(BadSource) as refused:
        read_draft([TimelineFile(name="draft_content.json", content=content)], limits=limits)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < 400
    return refused.value


@pytest.mark.parametrize(
    "content", [b"eyJhIjoxfQ==", b"\xef\xbb\xbfAQIDBA==", b"[1]", b"\x00\x01\x02", b"\x80\x04draft", b'"{}"']
)
def test_what_begins_with_no_brace_is_encrypted(content: bytes) -> None:
    assert "encrypted" in str(_refused(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4096,
        b"{",
        b'{"tracks": [',
        b'{"a": 1} trailing',
        b"{'a': 1}",
        b'\xef\xbb\xbf{"a"',
        b'{"a": "\xff"}',
    ],
)
def test_what_begins_with_a_brace_and_is_no_json_is_damaged(content: bytes) -> None:
    assert "damaged" in str(_refused(content))


def test_a_byte_order_mark_and_blanks_before_it_do_no_harm() -> None:
    content = b"\xef\xbb\xbf \r\n" + json.dumps(one_clip()).encode()
    assert read_draft([TimelineFile(name="draft_info.json", content=content)]).timeline.frames == 60


@pytest.mark.parametrize(
    "content",
    [
        b'{"fps": NaN}', b'{"fps": Infinity}', b'{"fps": -Infinity}', b'{"fps": 1e999}',
        b'{"fps": ' + b"9" * 5000 + b"}",
        b"{" + b'"a":{' * 500 + b"}" * 501, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)  # fmt: skip
def test_numbers_and_depths_beyond_all_bounds_are_refused(content: bytes) -> None:
    _refused(content)


def _changed(change: Callable[[Json], object]) -> bytes:
    document = one_clip(clip=clip(), speed=1.0, volume=1.0, extra_material_refs=[], common_keyframes=[])
    change(document)
    return json.dumps(document).encode()


_NO_VALUE = {"property_type": "KFTypeAlpha", "keyframe_list": [{}]}


def _first(document: Json) -> Json:
    found: Json = document["tracks"][0]["segments"][0]
    return found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(fps=0.5), "fps is 0.5"),
        (lambda d: d.update(fps=1000), "fps is 1000"),
        (lambda d: d.update(fps="30"), "fps is '30'"),
        (lambda d: d.update(canvas_config={"width": 0, "height": 1080}), "width is 0"),
        (lambda d: d.update(canvas_config={"width": 100_000, "height": 1}), "width is 100000"),
        (lambda d: d.update(canvas_config=None), "how large its canvas is"),
        (lambda d: d.update(duration=7 * 3600 * SECOND), "too long"),
        (lambda d: d.update(duration=-1), "duration is -1"),
        (lambda d: d.update(tracks={}), "tracks is"),
        (lambda d: d.update(tracks=[7]), "tracks holds 7"),
        (lambda d: d.update(tracks=[track("video")] * 201), "201 entries"),
        (lambda d: d.update(materials=[]), "materials is"),
        (lambda d: d["materials"].update(videos=["x"]), "'videos' holds 'x'"),
        (lambda d: _first(d).update(target_timerange=None), "how long it lasts"),
        (lambda d: _first(d).update(target_timerange={"start": -5, "duration": 1}), "start is -5"),
        (lambda d: _first(d).update(target_timerange={"start": 0, "duration": 10**18}), "duration is 1000000000"),
        (lambda d: _first(d).update(target_timerange={"start": 22_000 * SECOND, "duration": SECOND}), "too long"),
        (lambda d: _first(d).update(speed=-1), "speed is -1"),
        (lambda d: _first(d).update(speed=1e-300), "speed is 1e-300"),
        (lambda d: _first(d).update(volume=1e9), "volume is 1000000000"),
        (lambda d: _first(d).update(visible="no"), "visible is 'no'"),
        (lambda d: _first(d).update(clip=clip(alpha=2)), "alpha is 2"),
        (lambda d: _first(d).update(clip=clip(scale={"x": 1e30})), "x is 1e"),
        (lambda d: _first(d).update(clip=clip(rotation=[])), "rotation is"),
        (lambda d: _first(d).update(extra_material_refs=["a"] * 201), "201 entries"),
        (lambda d: _first(d).update(common_keyframes=[_NO_VALUE]), "no value"),
        (lambda d: _first(d).update(id=["x"]), "id is"),
        (lambda d: _first(d).update(render_index=1e300), "render_index"),
    ],
)  # fmt: skip
def test_a_field_that_no_editor_writes_is_refused_by_name(change: Callable[[Json], object], said: str) -> None:
    assert said in str(_refused(_changed(change)))


def test_the_sentences_show_no_control_character_of_the_draft() -> None:
    _refused(_changed(lambda d: _first(d).update(speed="\x1b[2J\u202e\n")))
    _refused(_changed(lambda d: _first(d).update(target_timerange=None, id="\x1b]0;x\x07" * 50)))


def test_hostile_names_and_words_stay_words() -> None:
    name = "x',drawtext=textfile=/etc/passwd;[0:v]\x1b"
    document = draft(
        track("video", segment("s", "v", 0, 2, extra_material_refs=["f"]), segment(name, "v", 2, 1)),
        track("text", segment("t", "w", 0, 2)),
        materials={
            "videos": [video("v", path=f"../../{name}")],
            "texts": [words("w", name)],
            "effects": [{"id": "f", "type": "filter", "name": name, "value": 1}],
        },
    )
    reading = read(document)
    assert [text.words for text in texts(reading)] == [name.replace("\x1b", "")]
    assert all(note.sentence.isprintable() for note in reading.notes)
    with pytest.raises(BadSource, match="text_color is"):
        read(draft(track("text", segment("t", "w", 0, 2)), materials={"texts": [words("w", "a", text_color=name)]}))


def test_too_many_bytes_values_and_segments_are_refused_before_they_cost_anything() -> None:
    small = DraftLimits(max_bytes=_MEGABYTE, max_values=1000, max_segments=50)
    assert _refused(b"{" + b" " * _MEGABYTE, limits=small).error_class is ErrorClass.TOO_LARGE
    assert "values" in str(_refused(b'{"a": [' + b"0," * 2000 + b"0]}", limits=small))
    many = draft(*(track("video", *(segment("a", "film", n, 1) for n in range(10))) for _ in range(6)))
    with pytest.raises(BadSource, match="more than 50 segments"):
        read(many, limits=DraftLimits(max_segments=50))


_CURVE = {"property_type": "KFTypeRotation", "keyframe_list": [{"time_offset": n, "values": [n]} for n in range(9)]}
_RAMP = {"id": "v", "mode": 1, "curve_speed": {"speed_points": [{"x": 0, "y": 1}, {"x": 1, "y": 2}]}}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (DraftLimits(max_references=1), "references"),
        (DraftLimits(max_characters=4), "characters of text"),
        (DraftLimits(max_styles=1), "styles of text"),
        (DraftLimits(max_keyframes=17), "keyframes"),
        (DraftLimits(max_ramps=1), "speed changes"),
    ],
)
def test_more_of_anything_than_is_taken_is_refused_while_it_is_read(limits: DraftLimits, said: str) -> None:
    styles = [{"range": [0, 1]}, {"range": [1, 2]}]
    shown = {"extra_material_refs": ["v"], "common_keyframes": [_CURVE]}
    document = draft(
        track("video", segment("a", "film", 0, 1, **shown), segment("b", "film", 1, 1, **shown)),
        track("text", segment("t", "w", 0, 2)),
        materials={"texts": [words("w", "hello", styles)], "speeds": [_RAMP]},
    )
    read(document)
    with pytest.raises(BadSource, match=f"too large: it has more than .*{said}"):
        read(document, limits=limits)


def test_a_ramp_that_many_clips_name_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[float] = []
    kept = pace._speed_at  # noqa: SLF001 - how often it is asked is the point

    def counted(points: Sequence[tuple[float, float]], share: float) -> float:
        worked_out.append(share)
        return kept(points, share)

    monkeypatch.setattr(pace, "_speed_at", counted)
    ramp = {"speed_points": [{"x": n / 31, "y": 1 + n % 2} for n in range(32)]}
    clips = [segment(f"s{n}", "film", n / 2, 0.5, extra_material_refs=["v"]) for n in range(500)]
    read(draft(track("video", *clips), materials={"speeds": [{"id": "v", "mode": 1, "curve_speed": ramp}]}))
    assert 0 < len(worked_out) <= 64


def test_notes_of_one_kind_are_counted_beyond_some_hundreds() -> None:
    named = [f"f{n}" for n in range(200)]
    clips = [segment(f"s{n}", "film", n, 1, extra_material_refs=named) for n in range(50)]
    filters = [{"id": id_, "type": "filter", "name": id_, "value": 1} for id_ in named]
    reading = read(draft(track("video", *clips), materials={"effects": filters}))
    told = [note for note in reading.notes if note.code is NoteCode.FILTER]
    assert len(told) == 501
    assert told[-1].more == 200 * 50 - 500
    assert told[-1].flag == "note:filter:told"
    assert "9,500 more" in told[-1].sentence


def test_memory_is_bounded_by_the_number_of_values() -> None:
    limits = DraftLimits(max_bytes=3 * _MEGABYTE, max_values=200_000)
    content = b'{"a":[' + b"{}," * (limits.max_values // 2 - 10) + b"{}]}"
    tracemalloc.start()
    try:
        _refused(content, limits=limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limits.max_values * 100 + 2 * len(content)


_WRONG: list[Any] = [None, True, False, 0, -1, 1, 0.5, 1e15, -1e15, "", "x", "\ud800", [], [None], {}, {"a": 1}, [[[]]]]


def _places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _places(part, (*path, key))
    if isinstance(value, list):
        for key, part in enumerate(value):
            yield from _places(part, (*path, key))


_DOCUMENTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(RECORDED.glob("*.json"))
    if not path.stem.endswith(".otio")
}
_PLACES = {name: list(_places(json.loads(text))) for name, text in _DOCUMENTS.items()}


@settings(deadline=None, max_examples=150)
@given(data=st.data(), name=st.sampled_from(sorted(_DOCUMENTS)))
def test_any_value_in_any_place_gives_a_timeline_or_a_sentence(data: st.DataObject, name: str) -> None:
    document = json.loads(_DOCUMENTS[name])
    for place in data.draw(st.lists(st.sampled_from(_PLACES[name]), min_size=1, max_size=3, unique=True)):
        _put(document, place, deepcopy(data.draw(st.sampled_from(_WRONG))))
    try:
        reading = read_draft([TimelineFile(name="draft_content.json", content=json.dumps(document).encode())])
    except BadSource as fault:
        sentence = str(fault)
    else:
        sentence = ""
        assert reading.timeline.has_picture
        assert all(note.sentence.isprintable() and note.flag for note in reading.notes)
    assert not sentence or sentence.isprintable()


def _put(document: Any, place: tuple[Any, ...], value: object) -> None:  # noqa: ANN401 - any JSON
    *way, last = place
    for key in way:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change took the place away
    if isinstance(document, dict) or (isinstance(document, list) and isinstance(last, int) and last < len(document)):
        document[last] = value


def test_changing_nothing_changes_nothing() -> None:
    for text in _DOCUMENTS.values():
        read_draft([TimelineFile(name="draft_content.json", content=text.encode())])
