"""A page speaks the language that was chosen, else the one that the browser wants."""

import pytest

from mediaproc.web.preferences import Language, Theme, language_of, theme_of


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "zh;q=0.5, en;q=0.7", "en"),
        (None, "fr, de;q=0.9, ZH-Hant-TW;q=0.3", "zh"),
        (None, "zh;q=0, en;q=0.1", "en"),
        (None, "zh;q=nan", "en"),
        (None, "zh;q=99, *", "en"),
        (None, ";;;,,q=,zh;q=x", "en"),
        (None, "fr," * 100_000 + "zh", "en"),
        ("zh", "en", "zh"),
        ("en", "zh", "en"),
        ("klingon", "zh", "zh"),
    ],
)
def test_the_cookie_wins_then_the_browsers_wish_then_english(
    cookie: str | None, header: str | None, language: str
) -> None:
    assert language_of(cookie=cookie, accept_language=header) == Language(language)


def test_a_theme_that_nobody_knows_follows_the_system() -> None:
    assert [theme_of(cookie) for cookie in (None, "dark", "light", "auto", 'pink" onload=')] == [
        Theme.AUTO,
        Theme.DARK,
        Theme.LIGHT,
        Theme.AUTO,
        Theme.AUTO,
    ]
