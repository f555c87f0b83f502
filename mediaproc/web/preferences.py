"""The language and the theme of a page: what the reader chose, else what their browser prefers."""

from enum import StrEnum

LANGUAGE_COOKIE = "language"
THEME_COOKIE = "theme"

# A header holds a few languages. More than these are nobody's wish.
_MOST_LANGUAGES = 20


class Language(StrEnum):
    """The languages that the pages speak, as HTML's `lang` names them."""

    ENGLISH = "en"
    CHINESE = "zh"


class Theme(StrEnum):
    """Light or dark; `auto` follows the reader's system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


def language_of(*, cookie: str | None, accept_language: str | None) -> Language:
    """The language of the cookie where it names one, else the one that the header wants most, else English."""
    if cookie in list(Language):
        return Language(cookie)
    wanted = [_weighted(part) for part in (accept_language or "").split(",")[:_MOST_LANGUAGES]]
    for tag, _ in sorted(wanted, key=lambda each: -each[1]):
        primary = tag.partition("-")[0]
        if primary in list(Language):
            return Language(primary)
    return Language.ENGLISH


def theme_of(cookie: str | None) -> Theme:
    """The theme of the cookie where it names one."""
    return Theme(cookie) if cookie in list(Theme) else Theme.AUTO


def _weighted(part: str) -> tuple[str, float]:
    """A part of the header: its language, and how much it is wanted; one that is refused or unreadable is nothing."""
    tag, _, weight = part.partition(";")
    try:
        wanted = float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        wanted = 0.0
    return (tag.strip().lower(), wanted) if 0 < wanted <= 1 else ("", 0.0)
