"""The map of the code names every folder, and every path and name on it is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "docs/explanation/code-map.md"
README = ROOT / "README.md"

_PATH = re.compile(r"`((?:mediaproc|migrations|tests|docs|deploy)/[^`\s]*|README\.md|pyproject\.toml)`")

# A module, and behind it in parentheses or after a colon what to look for in it.
_IN_MODULE = re.compile(r"`((?:mediaproc|tests)/[^`\s]*\.py)`(?:: | \()((?:`[\w.]+`(?:, | and )?)+)")


def wrong_in(page: str) -> list[str]:
    """A sentence for each path or name that is not there, and each folder and top module that is not named."""
    named = set(_PATH.findall(page))
    wrong = [f"is not there: {path}" for path in sorted(named) if not _is_there(path)]
    wrong += [f"is not in {path}: {name}" for path, name in _names_in_modules(page) if not _is_in(path, name)]
    return wrong + [f"is not named: {path}" for path in _places() if path not in named]


def _names_in_modules(page: str) -> list[tuple[str, str]]:
    found = _IN_MODULE.findall(page)
    return [(path, name.rpartition(".")[2]) for path, names in found for name in re.findall(r"[\w.]+", names)]


def _is_in(path: str, name: str) -> bool:
    source = (ROOT / path).read_text(encoding="utf-8") if _is_there(path) else ""
    return re.search(rf"\b{name}\b", source) is not None


def _is_there(path: str) -> bool:
    return (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def _places() -> list[str]:
    folders = [file.parent for file in (ROOT / "mediaproc").rglob("__init__.py") if file.parent.name != "mediaproc"]
    modules = [file for file in (ROOT / "mediaproc").glob("*.py") if file.name != "__init__.py"]
    names = [f"{folder.relative_to(ROOT)}/" for folder in folders] + [f"{file.relative_to(ROOT)}" for file in modules]
    return sorted(names)


def test_the_map_names_every_folder_and_no_path_that_is_gone() -> None:
    page = MAP.read_text(encoding="utf-8")
    assert len(_names_in_modules(page)) > 5
    assert wrong_in(page) == []


def test_the_map_says_where_each_change_begins_and_what_follows() -> None:
    changes = MAP.read_text(encoding="utf-8").partition("## Where to change ...")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in changes.splitlines() if line[:2] == "| "]
    answers = rows[1:]
    assert len(answers) == 20
    assert [what for what, first, then in answers if not _PATH.search(first) or not then] == []


def test_the_readme_names_the_functions_of_a_tasks_story_where_they_are() -> None:
    page = README.read_text(encoding="utf-8")
    steps = re.findall(r"^\| (\w+) \| .* \| (`[^|]* in `mediaproc/[^|]+`) \|$", page, re.MULTILINE)
    assert [step for step, _ in steps] == ["enqueue", "insert", "fill", "claim", "work", "settle"]
    places = [place for _, where in steps for place in re.findall(r"`([\w.]+)` in `(mediaproc/[^`]+)`", where)]
    assert len({path for _, path in places}) == 9
    assert [(name, path) for name, path in places if not _is_in(path, name.rpartition(".")[2])] == []
    assert [path for path in _PATH.findall(page) if not _is_there(path)] == []


@pytest.mark.parametrize(
    ("written", "instead", "wrong"),
    [
        ("`mediaproc/core/plan/`", "`mediaproc/core/plans/`", "is not there: mediaproc/core/plans/"),
        ("`mediaproc/core/plan/`", "the plan", "is not named: mediaproc/core/plan/"),
        ("`mediaproc/core/keys.py`", "`mediaproc/core/key_layout.py`", "is not there: mediaproc/core/key_layout.py"),
        ("`mediaproc/scratch.py`", "the scratch disk", "is not named: mediaproc/scratch.py"),
        ("`READ_TIMEOUT`", "`READING_TIMEOUT`", "is not in mediaproc/store/http_connections.py: READING_TIMEOUT"),
        ("`video_flags`", "`film_flags`", "is not in mediaproc/core/plan/copy_or_encode.py: film_flags"),
    ],
)
def test_a_path_that_is_gone_or_a_folder_that_is_missing_would_be_seen(written: str, instead: str, wrong: str) -> None:
    page = MAP.read_text(encoding="utf-8")
    assert written in page
    assert wrong in wrong_in(page.replace(written, instead))
