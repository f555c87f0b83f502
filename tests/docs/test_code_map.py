"""The map of the code names every folder, and every path on it is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "docs/explanation/code-map.md"

_PATH = re.compile(r"`((?:mediaproc|migrations|tests|docs|deploy)/[^`\s]*|README\.md|pyproject\.toml)`")


def named_paths(page: str) -> set[str]:
    """Every path in backticks."""
    return set(_PATH.findall(page))


def wrong_in(page: str) -> list[str]:
    """A sentence for each path that is not there, and each folder and top module of mediaproc that is not named."""
    named = named_paths(page)
    wrong = [f"is not there: {path}" for path in sorted(named) if not _is_there(path)]
    return wrong + [f"is not named: {path}" for path in _places() if path not in named]


def _is_there(path: str) -> bool:
    return (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def _places() -> list[str]:
    folders = [file.parent for file in (ROOT / "mediaproc").rglob("__init__.py") if file.parent.name != "mediaproc"]
    modules = [file for file in (ROOT / "mediaproc").glob("*.py") if file.name != "__init__.py"]
    names = [f"{folder.relative_to(ROOT)}/" for folder in folders] + [f"{file.relative_to(ROOT)}" for file in modules]
    return sorted(names)


def test_the_map_names_every_folder_and_no_path_that_is_gone() -> None:
    assert wrong_in(MAP.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("written", "instead", "wrong"),
    [
        ("`mediaproc/core/plan/`", "`mediaproc/core/plans/`", "is not there: mediaproc/core/plans/"),
        ("`mediaproc/core/plan/`", "the plan", "is not named: mediaproc/core/plan/"),
        ("`mediaproc/core/keys.py`", "`mediaproc/core/key_layout.py`", "is not there: mediaproc/core/key_layout.py"),
        ("`mediaproc/scratch.py`", "the scratch disk", "is not named: mediaproc/scratch.py"),
    ],
)
def test_a_path_that_is_gone_or_a_folder_that_is_missing_would_be_seen(written: str, instead: str, wrong: str) -> None:
    page = MAP.read_text(encoding="utf-8")
    assert written in page
    assert wrong in wrong_in(page.replace(written, instead))
