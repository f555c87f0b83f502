"""The table of what the page is attacked with names a test that is there for each risk."""

import re
from pathlib import Path

from tests.docs.test_failures import is_there, rows

TABLE = Path(__file__).resolve().parents[2] / "docs/reference/page-risks.md"
# As many as were collected from what others were hurt by.
RISKS = 20


def _named(cells: list[str]) -> list[str]:
    return re.findall(r"`(tests/[^`]*)`", cells[-1])


def test_every_risk_has_a_row_that_names_a_test_which_is_there() -> None:
    table = rows(TABLE.read_text())
    assert len(table) == RISKS
    assert [title for title, cells in table.items() if not _named(cells)] == []
    assert [name for cells in table.values() for name in _named(cells) if not is_there(name)] == []
