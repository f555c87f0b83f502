"""The table of failures names tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs/reference/failures.md").read_text()


def test_every_failure_names_a_test_that_forces_it() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| failure")]
    assert len(rows) > 20
    for row in rows:
        assert re.search(r"`tests/[^`]+`", row), row


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`|`(tests/\w+/)`", TABLE)
    assert named
    for path, function, folder in named:
        place = ROOT / (path or folder)
        assert place.exists(), place
        if function:
            defined = {
                node.name for node in ast.walk(ast.parse(place.read_text())) if isinstance(node, ast.FunctionDef)
            }
            assert function in defined, f"{path} has no {function}"
