"""The schema of an answer tells the form that the answer has."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from mediaproc.web.answers import answer, schema_of


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    wait: timedelta | None
    ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Outer:
    """Each kind of value that an answer has."""

    at: datetime
    by: UUID
    path: Path
    cost: Decimal
    colour: Colour
    inner: list[Inner]
    by_name: dict[str, timedelta]


def test_each_value_has_the_form_that_its_schema_tells() -> None:
    value = Outer(
        at=datetime(2026, 1, 2, tzinfo=UTC), by=UUID(int=1), path=Path("a"), cost=Decimal("1.5"), colour=Colour.RED,
        inner=[Inner(wait=timedelta(seconds=2), ids=(1, 2)), Inner(wait=None, ids=())], by_name={"a": timedelta(0)},
    )  # fmt: skip
    told = json.loads(bytes(answer(value).body))
    assert told["inner"][0] == {"wait": 2.0, "ids": [1, 2]}
    read = TypeAdapter(schema_of(Outer)).validate_json(bytes(answer(value).body))
    assert read.model_dump(mode="json") == told


def test_the_schema_names_the_answer_and_says_what_it_is() -> None:
    schema = schema_of(Outer).model_json_schema()
    assert (schema["title"], schema["description"]) == ("Outer", "Each kind of value that an answer has.")
    assert schema["properties"]["by_name"]["additionalProperties"] == {"type": "number"}
