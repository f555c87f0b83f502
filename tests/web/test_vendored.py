"""Files of others are what their packages hold, byte by byte, with their licences; the wheel carries them."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from mediaproc.web.rendering import TEMPLATES
from mediaproc.web.static_files import STATIC
from mediaproc.web.texts import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (STATIC / "vendored", Path(__file__).with_name("vendored"))


def wrong_in(folder: Path) -> Iterator[str]:
    """A sentence for each file that is not what the list says, or not on it."""
    listed = tomllib.loads((folder / "VENDORED.toml").read_text(encoding="utf-8"))
    for name, entry in listed.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != entry["sha256"]:
            yield f"{name} is not the file of {entry['name']} {entry['version']}"
        if not entry["licence"] or not (folder / entry["licence_file"]).read_text(encoding="utf-8").strip():
            yield f"{name} has no licence"
    for file in folder.iterdir():
        if file.suffix == ".js" and file.name not in listed:
            yield f"{file.name} is not listed"


@pytest.mark.parametrize("folder", FOLDERS, ids=["pages", "tests"])
def test_each_file_is_what_its_package_holds(folder: Path) -> None:
    assert list(wrong_in(folder)) == []


def test_a_changed_or_an_unlisted_file_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "VENDORED.toml").write_text(
        '["a.js"]\nname = "a"\nversion = "1"\nlicence = "MIT"\nlicence_file = "LICENSE"\nsha256 = "00"\n'
    )
    for name in ("a.js", "b.js", "LICENSE"):
        (tmp_path / name).write_text("x")
    assert list(wrong_in(tmp_path)) == ["a.js is not the file of a 1", "b.js is not listed"]


def test_the_wheel_carries_what_pages_are_made_of() -> None:
    carried = {Path(each.path) for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    needed = {file for folder in (STATIC, TEMPLATES, MESSAGES) for file in folder.rglob("*") if file.is_file()}
    assert len(needed) > 20
    assert needed - carried == set()
