"""A table fits its terminal, and no control character in it reaches the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.cli.tables import Column, paragraph, table
from mediaproc.core.safe_text import cells

_COLUMNS = (Column(title="task", right=True), Column(title="status"), Column(title="file", names=True))


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", ["short.avi", "电影" * 100, "a" * 255, "שלום עולם " * 20, "é" * 120 + ".mkv"])
def test_no_line_is_wider_than_the_terminal(width: int, name: str) -> None:
    drawn = table(_COLUMNS, [(7, "processing", name), (8, "failed", "other.mov")], width=width)
    assert all(cells(line) <= width for line in drawn.splitlines())
    assert len(drawn.splitlines()) == 3


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    drawn = table(_COLUMNS, [(7, "failed", "holiday " + "x" * 200 + " part 2.avi")], width=60)
    row = drawn.splitlines()[1]
    assert "holiday" in row
    assert row.endswith("part 2.avi")


def test_a_sentence_keeps_its_beginning() -> None:
    columns = (Column(title="task"), Column(title="why", prose=True))
    drawn = table(columns, [(7, "No picture in the file could be decoded.")], width=24)
    assert drawn.splitlines()[1] == "7     No picture in the…"


def test_a_pipe_gets_whole_names() -> None:
    assert "a" * 255 in table(_COLUMNS, [(7, "failed", "a" * 255)], width=None)


@given(st.text(max_size=300))
def test_no_control_or_direction_character_is_sent(name: str) -> None:
    drawn = table(_COLUMNS, [(7, "failed", name)], width=80)
    assert len(drawn.splitlines()) == 2
    assert not {"\x1b", "\r", "\t", "\x07", "\u202e", "\u2066", "\x9b"} & set(drawn)


def test_columns_stand_below_each_other_also_with_wide_characters() -> None:
    columns = (Column(title="file", names=True), Column(title="status"))
    drawn = table(columns, [("电影.avi", "failed"), ("film.avi", "pending")], width=80).splitlines()
    words = ("status", "failed", "pending")
    positions = {cells(line[: line.index(word)]) for line, word in zip(drawn, words, strict=True)}
    assert len(positions) == 1


@given(st.text(st.sampled_from("a电 -é/"), max_size=300))
def test_a_paragraph_fits_and_keeps_every_word(text: str) -> None:
    drawn = paragraph(text, width=60, indent="    ").split("\n")
    assert all(cells(line) <= 60 and line.startswith("    ") for line in drawn)
    assert "".join(drawn).replace(" ", "") == text.replace(" ", "")
