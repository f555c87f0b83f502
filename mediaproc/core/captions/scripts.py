"""The scripts that captions are written in, and which of them a machine has no face for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediaproc.core.captions.chosen import AvailableFace


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script, by letters that only a face for it has all of."""

    name: str
    letters: str
    # Of Debian; others call theirs much the same.
    package: str


_CORE, _CJK = "fonts-noto-core", "fonts-noto-cjk"

SCRIPTS = (
    Script(name="Latin", letters="AzÄőßğ", package=_CORE),
    Script(name="Vietnamese", letters="ạộữ", package=_CORE),
    Script(name="Greek", letters="ΑωΩ", package=_CORE),
    Script(name="Cyrillic", letters="ЖяЇ", package=_CORE),
    Script(name="Chinese", letters="中文说話龙龍", package=_CJK),
    Script(name="Japanese", letters="あアー働", package=_CJK),
    Script(name="Korean", letters="한글를", package=_CJK),
    Script(name="Arabic", letters="عربي", package=_CORE),
    Script(name="Hebrew", letters="שלם", package=_CORE),
    Script(name="Thai", letters="กขไ", package=_CORE),
    Script(name="Devanagari", letters="कखह", package=_CORE),
    Script(name="Bengali", letters="কখহ", package=_CORE),
    Script(name="Tamil", letters="கஙஹ", package=_CORE),
    Script(name="emoji", letters="😀😂❤👍🔥🎉", package="fonts-symbola"),
)


def scripts_without_face(faces: Sequence[AvailableFace]) -> Iterable[Script]:
    """The scripts of whose letters some are in no face, so that texts with them are left out."""
    return [
        script
        for script in SCRIPTS
        if not all(any(each.face.has(letter) for each in faces) for letter in script.letters)
    ]
