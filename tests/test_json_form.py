"""One form in JSON for every answer, whichever way it goes out."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest

from mediaproc.json_form import json_text


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    at: datetime
    took: timedelta


@dataclass(frozen=True, kw_only=True)
class Outer:
    id: UUID
    colour: Colour
    inner: tuple[Inner, ...]
    share: Decimal
    path: Path


def test_values_within_values_have_their_form() -> None:
    inner = Inner(at=datetime(2026, 11, 30, 8, 0, 0, 250_000, tzinfo=UTC), took=timedelta(seconds=1.23456))
    outer = Outer(id=UUID(int=1), colour=Colour.RED, inner=(inner,), share=Decimal("0.5"), path=Path("a/b"))
    assert json.loads(json_text({"lines": [outer]})) == {
        "lines": [
            {
                "id": "00000000-0000-0000-0000-000000000001",
                "colour": "red",
                "inner": [{"at": "2026-11-30T08:00:00.250000Z", "took": 1.235}],
                "share": 0.5,
                "path": "a/b",
            }
        ]
    }


def test_it_is_one_line_of_ascii_and_numbers_stay_exact() -> None:
    text = json_text({"name": "电影\n\x1b[2J\u202e", "id": 2**63 - 1})
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text)["id"] == 2**63 - 1


@pytest.mark.parametrize("value", [b"bytes", object(), {1, 2}])
def test_what_has_no_form_is_a_bug_and_not_a_guess(value: object) -> None:
    with pytest.raises(TypeError, match="has no form in JSON"):
        json_text({"value": value})
