"""Hostile text is shown, never obeyed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.safe_text import cells, cut_middle, shown, shown_lines


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("holiday.avi", "holiday.avi"),
        ("ferien-ü-日本.avi", "ferien-ü-日本.avi"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("one\ntwo\tthree\r", "one\\ntwo\\tthree\\r"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\x9b31m", "\\x9b31m"),
        ("\udcff.avi", "\\xff.avi"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        (b"\xff\x1b[31m", "\ufffd\\x1b[31m"),
        ("\x00", "\\x00"),
    ],
)
def test_control_and_direction_characters_are_shown_as_escapes(hostile: str | bytes, safe: str) -> None:
    assert shown(hostile) == safe


@given(st.one_of(st.text(st.characters()), st.binary()), st.none() | st.integers(0, 40))
def test_whatever_comes_in_one_encodable_line_without_controls_comes_out(text: str | bytes, limit: int | None) -> None:
    safe = shown(text, limit=limit)
    safe.encode()
    assert not {unicodedata.category(character) for character in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert limit is None or len(safe) <= limit


def test_a_cut_is_marked() -> None:
    assert shown("x" * 100, limit=10) == "x" * 9 + "…"
    assert shown("x" * 10, limit=10) == "x" * 10


def test_a_log_keeps_its_end_and_its_lines() -> None:
    assert shown_lines("first\nsecond\x1b[0m\r\nthird\n", limit=100) == "first\nsecond\\x1b[0m\nthird"
    assert shown_lines("a" * 50 + "end", limit=5) == "…aend"


@given(st.text(), st.integers(0, 30))
def test_a_name_cut_in_the_middle_never_takes_more_cells_than_there_are(text: str, width: int) -> None:
    assert cells(cut_middle(text, width=width)) <= width


def test_a_name_is_cut_in_the_middle_so_that_its_extension_stays() -> None:
    assert cut_middle("a-very-long-holiday.avi", width=11) == "a-ver…y.avi"
    assert cut_middle("short.avi", width=11) == "short.avi"


def test_a_wide_character_counts_two_cells() -> None:
    assert cells("日本") == 4
    assert cut_middle("日本語日本語", width=7) == "日本…語"


@given(text=st.text())
def test_what_may_be_shown_is_shown_as_it_is_and_nothing_else(text: str) -> None:
    may_be_shown = not {unicodedata.category(character) for character in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert (shown(text) == text) == may_be_shown
