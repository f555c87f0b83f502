"""Real films under names that are options, addresses, patterns, or lies to a reader's eye."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tests.attacks.attack import Attack, Observation, opens
from tests.attacks.attack_folder import AttackFolder

# Names that ffmpeg takes for an address: the film beside it is read instead of the upload.
_ADDRESSES = (
    "concat:sibling.mp4",
    "concat:sibling.mp4|sibling.mp4",
    "file:sibling.mp4",
    "cache:sibling.mp4",
    "async:sibling.mp4",
    "subfile,,start,0,end,0,,:sibling.mp4",
)

# Names for which the plain pipeline finds no film where there is one.
_MISREAD = {
    "an option": "-version",
    "an option with an ending": "-y.mp4",
    "standard input": "-",
    "a pipe": "pipe:0",
    "a host": "http:evil.avi",
    "a colon": "12:30.avi",
    "255 bytes": "x" * 251 + ".avi",
}

_FORGED = "ERROR disk destroyed"

# Names that reach a terminal as something else than a name.
DECEIVING: dict[str, str | bytes] = {
    "terminal escapes": "\x1b[2J\x1b]0;owned\x07.avi",
    "a newline": f"holiday.avi\n{_FORGED}.avi",
    "a carriage return": "hidden\rholiday.avi",
    "right-to-left override": "holiday\u202eiva.exe",
    "zero-width characters": "holi\u200bday\u2060.avi",
    "invalid UTF-8": b"holiday-\xff\xfe.avi",
    "C1 controls": "holiday\x9b31m.avi",
}


def deceives(text: str) -> bool:
    """Whether the text does something to a terminal, a log or a reader, line ends between our own sentences apart."""
    lines = text.split("\n")
    hidden = any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for line in lines for character in line)
    return hidden or any(line.startswith(_FORGED) for line in lines)


def _misread(observation: Observation) -> bool:
    return observation.frames == 0 or observation.streams == 0


def _deceives(observation: Observation) -> bool:
    return deceives(observation.kept)


def _pattern(folder: AttackFolder) -> Path:
    (folder.path / "001.jpg").write_bytes(folder.sibling.read_bytes())
    return folder.clip(name="%03d.jpg")


def _names() -> Iterator[Attack]:
    for name in _ADDRESSES:
        yield Attack(
            name=f"a name that is an address: {name}",
            make=lambda folder, name=name: folder.clip(name=name),  # type: ignore[misc]
            harm=opens,
            harm_name="another's file is opened",
            by_name=True,
        )
    yield Attack(
        name="a name that is a pattern: %03d.jpg",
        make=_pattern,
        harm=opens,
        harm_name="another's file is opened",
        by_name=True,
        watched="001.jpg",
    )
    for what, name in _MISREAD.items():
        yield Attack(
            name=f"a name that is {what}",
            make=lambda folder, name=name: folder.clip(name=name),  # type: ignore[misc]
            harm=_misread,
            harm_name="a good film is refused",
            by_name=True,
        )
    for what, deceiving in DECEIVING.items():
        yield Attack(
            name=f"a name with {what}",
            make=lambda folder, deceiving=deceiving: folder.write(b"no film" * 200, name=deceiving),  # type: ignore[misc]
            harm=_deceives,
            harm_name="a reader is deceived",
            by_name=True,
        )


NAMES: tuple[Attack, ...] = tuple(_names())
