"""The glossary names what is in the code, and the code uses none of the words that the glossary rules out."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs/reference/glossary.md"

# Public names that hold a word of the last column in another meaning, and which one.
ALLOWED: Mapping[str, str] = MappingProxyType({"schema_version": "the version of the tables, not a rendition"})

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row: its word, where the code has it (`PATH` or `PATH:NAME`), and the words that it rules out."""

    word: str
    places: tuple[str, ...]
    ruled_out: frozenset[str]


def entries(page: str) -> list[Entry]:
    """Every row of the tables."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:2] == "| "]
    return [
        Entry(
            word=word,
            places=tuple(re.findall(r"`([^`]+)`", places)),
            ruled_out=frozenset(re.findall(r"[a-z]+", ruled_out)),
        )
        for word, _, places, ruled_out in rows
        if word != "word"
    ]


def public_names(source: str) -> set[str]:
    """The classes, functions and methods of a module that others may use."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            names.add(node.name)
            names |= {each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef) and each.name[0] != "_"}
    return names


def missing_places(page: str) -> Iterator[str]:
    """Every place that the glossary names and the code does not have, and every word without a place."""
    for entry in entries(page):
        if not entry.places:
            yield f"{entry.word}: no place"
        for place in entry.places:
            path, _, name = place.partition(":")
            file = ROOT / path
            if not file.is_file() or (name and name not in public_names(file.read_text(encoding="utf-8"))):
                yield f"{entry.word}: {place}"


def misused_words(page: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Every public name, or name of a module, with a word that the glossary rules out."""
    ruled_out = frozenset[str]().union(*(entry.ruled_out for entry in entries(page)))
    for path, source in sources.items():
        module = path.rpartition("/")[2].removesuffix(".py")
        for name in sorted({module, *public_names(source)} - ALLOWED.keys()):
            for word in _WORD.findall(name):
                if word.lower() in ruled_out:
                    yield f"{path}: {name} says {word.lower()!r}"


def _sources() -> dict[str, str]:
    files = sorted((ROOT / "mediaproc").rglob("*.py"))
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def test_every_word_is_where_the_glossary_says() -> None:
    page = GLOSSARY.read_text(encoding="utf-8")
    assert len(entries(page)) > 50
    assert list(missing_places(page)) == []


def test_no_public_name_uses_a_word_that_is_ruled_out() -> None:
    assert list(misused_words(GLOSSARY.read_text(encoding="utf-8"), _sources())) == []


def test_no_word_is_both_used_and_ruled_out() -> None:
    found = entries(GLOSSARY.read_text(encoding="utf-8"))
    words = [word for entry in found for word in re.findall(r"[a-z]+", entry.word)]
    assert [word for word in words if any(word in entry.ruled_out for entry in found)] == []


def test_each_exception_is_needed() -> None:
    names = {name for source in _sources().values() for name in public_names(source)}
    names |= {Path(path).stem for path in _sources()}
    assert [name for name in ALLOWED if name not in names] == []


@pytest.mark.parametrize(
    "place", ["mediaproc/core/no_such_module.py", "mediaproc/core/shard.py:NoSuchClass", "mediaproc/core/shard.py:_own"]
)
def test_a_place_that_is_gone_would_be_seen(place: str) -> None:
    page = GLOSSARY.read_text(encoding="utf-8").replace("`mediaproc/core/shard.py:Shard`", f"`{place}`")
    assert list(missing_places(page)) == [f"shard: {place}"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mediaproc/executor/gate.py", ""),
        ("mediaproc/executor/table.py", "class ClaimGate: ..."),
        ("mediaproc/executor/table.py", "def reap_workers() -> None: ..."),
        ("mediaproc/executor/table.py", "class Table:\n    def fetch(self) -> None: ..."),
    ],
)
def test_a_word_that_is_ruled_out_would_be_seen(path: str, source: str) -> None:
    assert list(misused_words(GLOSSARY.read_text(encoding="utf-8"), {path: source}))
