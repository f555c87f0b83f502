"""Any file of settings or profiles gives values or one sentence, and reading it never hangs."""

import os
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from mediaproc.app import site_profiles
from mediaproc.config import Settings, load_settings
from mediaproc.core.errors import WrongUse

CASES = 300

_GOOD = {
    "settings": 'slots = 2\nlease = 60.0\nshard = "0/3"\nhome = "/tmp/home"\naccept_salvaged = true\n',
    "profiles": '[profile.mp4-small]\nbase = "mp4"\nmax_height = 480\ncrf = 28\nencoder_speed = "fast"\n',
}

_VALUES = (
    *("[" * 100_000, "[" * 900 + "]" * 900, "9" * 5_000, "9" * 4_000, "0x" + "f" * 5_000, "-1", "1e999", "nan", "-inf"),
    *('""', '"\\u0000"', '"\\u001b[2J"', '"\\u202e"', "true", "[]", "[[1]]", "{}", "{a = {b = 1}}", "1979-05-27"),
    *("0000-00-00", "9999-12-31T23:59:60Z", "'''", "{" * 50_000, "a." * 2_000 + "a = 1", "inf", "1_000", "0o777"),
)
_LINES = (
    *("[" + "a." * 2_000 + "a]", "[[a]]", "[profile]", "[profile.x]", "a" * 10_000 + " = 1", "= 1"),
    "[profile.x.y]",
)
_WRONG = (b"\xff\xfe", b"\0", b"\r", b"\x1b", "\u202e".encode(), b"\xef\xbb\xbf", b'"""')


@pytest.mark.parametrize("kind", _GOOD)
def test_hostile_content_is_a_sentence_and_no_traceback(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    outcomes: Counter[bool] = Counter()
    for case in range(CASES):
        path.write_bytes(_content(kind, Random(case)))  # noqa: S311 - the case's number is the seed
        try:
            outcomes[_is_taken(kind, path)] += 1
        except Exception as error:
            error.add_note(f"case {case}")
            raise
    assert set(outcomes) == {True, False}


@pytest.mark.parametrize("kind", _GOOD)
@pytest.mark.parametrize("what", ["fifo", "/dev/zero", "huge", "folder", "/proc/self/mem"])
def test_what_is_no_small_file_is_not_waited_for(kind: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "file.toml" if what in {"fifo", "huge"} else tmp_path if what == "folder" else Path(what)
    if what == "fifo":
        os.mkfifo(path)
    if what == "huge":
        with path.open("wb") as file:
            file.truncate(2**40)
    assert not _is_taken(kind, path)


def _is_taken(kind: str, path: Path) -> bool:
    try:
        if kind == "settings":
            load_settings(path)
        else:
            site_profiles(Settings(profiles=path))
    except WrongUse:
        return False
    return True


def _content(kind: str, random: Random) -> bytes:
    lines = _GOOD[kind].splitlines()
    for _ in range(random.randrange(3)):
        match random.randrange(4):
            case 0:
                place = random.randrange(len(lines))
                lines[place] = f"{lines[place].partition('=')[0]}= {random.choice(_VALUES)}"
            case 1:
                lines.insert(random.randrange(len(lines) + 1), random.choice(_LINES))
            case 2:
                lines.insert(random.randrange(len(lines) + 1), f"{random.choice(_names())} = {random.choice(_VALUES)}")
            case _:
                del lines[random.randrange(len(lines)) :]
                lines.append("")
    content = "\n".join(lines).encode()
    if random.randrange(4) == 0:
        place = random.randrange(len(content) + 1)
        content = content[:place] + random.choice(_WRONG) + content[place + random.randrange(3) :]
    return content


def _names() -> list[str]:
    return [*Settings.model_fields, "base", "max_height", "config", "model_config", "__init__"]
