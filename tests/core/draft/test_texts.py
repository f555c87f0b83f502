"""Words keep their styles, whatever the ranges of these count, and lose what no line of text can hold."""

import json

import pytest

from mediaproc.core.notes import NoteCode
from mediaproc.core.timeline import Alignment, Colour, Text
from tests.core.draft.drafts import Json, codes, draft, read, segment, texts, track, words


def _document(entry: Json, **more: object) -> Json:
    return draft(track("text", segment("t", entry["id"], 0, 2, **more)), materials={"texts": [entry]})


def _text(entry: Json) -> Text:
    (found,) = texts(read(_document(entry)))
    return found


def _style(first: int, end: int, red: float = 0.0, **more: object) -> Json:
    fill = {"content": {"render_type": "solid", "solid": {"color": [red, 0.0, 0.0]}}}
    return {"range": [first, end], "size": 15.0, "fill": fill, **more}


def _stretches(text: Text) -> list[str]:
    return [text.words[run.first : run.end] for run in text.runs]


def test_three_styles_are_three_runs() -> None:
    entry = words("w", "THE EYES ARE WATCHING ME.", [_style(0, 13, 1.0), _style(13, 21, 0.5), _style(21, 25, 1.0)])
    text = _text(entry)
    assert _stretches(text) == ["THE EYES ARE ", "WATCHING", " ME."]
    assert [run.style.colour.red for run in text.runs] == [255, 128, 255]


@pytest.mark.parametrize("bounds", [(3, 5), (4, 6)], ids=["code points", "UTF-16"])
def test_an_emoji_tells_what_ranges_count(bounds: tuple[int, int]) -> None:
    text = _text(words("w", "a😀bcd", [_style(0, bounds[0], 1.0), _style(*bounds, 0.5)]))
    assert _stretches(text) == ["a😀b", "cd"]


def test_words_without_a_style_have_the_plain_one_and_ranges_are_cut_to_the_words() -> None:
    entry = words("w", "abcdef", [_style(4, 99, 1.0), _style(1, 2, 0.5)], text_color="#0000ff")
    text = _text(entry)
    assert _stretches(text) == ["a", "b", "cd", "ef"]
    assert text.runs[0].style.colour == text.runs[2].style.colour == Colour(red=0, green=0, blue=255)


def test_of_overlapping_styles_the_earlier_one_counts() -> None:
    assert _stretches(_text(words("w", "abcdef", [_style(0, 4, 1.0), _style(2, 6, 0.5)]))) == ["abcd", "ef"]


def test_control_characters_and_halves_of_characters_are_never_drawn() -> None:
    text = _text(words("w", "a\r\nb\rc\x1b[0m\u2028d\x00\te\ud800", [_style(0, 4, 1.0), _style(4, 16, 0.5)]))
    assert text.words == "a\nb\nc[0m\nd e\ufffd"
    assert text.runs[-1].end == len(text.words)


def test_braces_and_backslashes_stay_what_they_are() -> None:
    assert _text(words("w", r"{\pos(0,0)}\N%{pts}'")).words == r"{\pos(0,0)}\N%{pts}'"


def test_an_old_form_is_read_for_its_words() -> None:
    entry = {"id": "w", "content": '<font id="" path="a.ttf"><size=15><color=(1,1,1,1)>[Thanks]</color></size></font>'}
    reading = read(_document(entry))
    assert [text.words for text in texts(reading)] == ["Thanks"]
    assert set(codes(reading)) == {NoteCode.TEXT_MARKUP, NoteCode.TEXT_APPROXIMATED}


def test_plain_words_in_the_place_of_a_document_are_words() -> None:
    reading = read(_document({"id": "w", "content": "[hello] 1 < 2"}))
    assert [text.words for text in texts(reading)] == ["[hello] 1 < 2"]
    assert codes(reading) == [NoteCode.TEXT_APPROXIMATED]


def test_a_line_is_as_high_as_its_size_on_a_canvas_of_its_width() -> None:
    (run,) = _text(words("w", "a", [_style(0, 1, size=17.2)])).runs
    assert run.style.line_height == pytest.approx(100.0)  # of 1000 pixels


def test_letters_are_faded_by_all_that_fades_them() -> None:
    fill = {"alpha": 0.5, "content": {"solid": {"alpha": 0.5, "color": [1, 1, 1]}}}
    entry = words("w", "a", [{"range": [0, 1], "fill": fill}], global_alpha=0.5)
    text = _text(entry)
    assert text.runs[0].style.colour.alpha == 64
    assert text.placement.opacity.value(0) == 0.5


def test_strokes_shadows_and_faces_are_read() -> None:
    style = _style(
        0, 1,
        strokes=[{"width": 0.08, "content": {"solid": {"color": [0, 0, 1]}}}],
        shadows=[{"alpha": 0.5, "angle": -45.0, "distance": 5.0, "diffuse": 0.025}],
        font={"id": "", "path": "C:/Fonts/a.ttf"},
        bold=True, italic=True, underline=True,
    )  # fmt: skip
    (run,) = _text(words("w", "a", [style])).runs
    found = run.style
    assert found.stroke is not None
    assert (found.stroke.width, found.stroke.colour.blue) == (0.08, 255)
    assert found.shadow is not None
    assert (found.shadow.colour.alpha, found.shadow.angle, found.shadow.distance) == (128, -45.0, 0.05)
    assert (found.font, found.is_bold, found.is_italic, found.is_underlined) == ("C:/Fonts/a.ttf", True, True, True)


def test_a_face_that_is_only_a_drive_is_none() -> None:
    (run,) = _text(words("w", "a", [_style(0, 1, font={"id": "7", "path": "D:"})])).runs
    assert run.style.font == ""


def test_lines_are_broken_only_where_the_draft_says_so() -> None:
    assert _text(words("w", "a", line_max_width=0.82)).wrap_width is None
    assert _text(words("w", "a", line_max_width=0.82, type="subtitle")).wrap_width == pytest.approx(820)
    assert _text(words("w", "a", line_max_width=-1, type="subtitle")).wrap_width is None


def test_lines_meet_on_the_left_in_the_middle_or_on_the_right() -> None:
    found = [_text(words("w", "a", alignment=each)).alignment for each in (0, 1, 2, 4)]
    assert found == [Alignment.LEFT, Alignment.CENTRE, Alignment.RIGHT, Alignment.CENTRE]
    assert _text(words("w", "a", typesetting=1)).is_vertical


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (words("w", "a", text_curve={"k": 1}), NoteCode.TEXT_CURVED),
        (words("w", "a", caption_template_info={"resource_id": "7"}), NoteCode.TEMPLATE),
        (words("w", "a", [{"range": [0, 1], "effectStyle": {"id": "7"}}]), NoteCode.TEXT_EFFECT),
        (words("w", "a", [{"range": [0, 1], "fill": {"content": {"render_type": "texture"}}}]), NoteCode.TEXT_FILL),
    ],
)
def test_what_letters_cannot_be_is_told(entry: Json, code: NoteCode) -> None:
    assert code in codes(read(_document(entry)))


def test_what_only_a_clip_can_have_is_told_of_a_text() -> None:
    document = _document(
        words("w", "a"),
        extra_material_refs=["m", "k"],
        common_keyframes=[
            {"property_type": "KFTypeBrightness", "keyframe_list": [{"time_offset": 0, "values": [0.5]}]}
        ],
    )
    document["materials"] |= {
        "masks": [{"id": "m", "name": "Circle", "resource_type": "circle"}],
        "chromas": [{"id": "k", "color": "#00ff00"}],
    }
    assert set(codes(read(document))) == {
        NoteCode.MASK_UNKNOWN,
        NoteCode.EFFECT,
        NoteCode.KEYFRAMES_UNKNOWN,
        NoteCode.TEXT_APPROXIMATED,
    }


def test_many_segments_of_one_text_read_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    kept = json.loads

    def counted(*args: object, **more: object) -> object:
        calls.append(args)
        return kept(*args, **more)  # type: ignore[arg-type]

    entry = words("w", "a", [_style(0, 1)])
    document = draft(
        track("text", *(segment(f"t{n}", "w", n / 10, 0.1) for n in range(20))), materials={"texts": [entry]}
    )
    monkeypatch.setattr("mediaproc.core.draft.document.json.loads", counted)
    assert len(texts(read(document))) == 20
    assert len(calls) == 2
