"""The description of the API is what it was: within v1 only what is new may differ, and each difference is meant."""

import json
import re
from typing import Any

import pytest

from mediaproc.web.api.bodies import RequestBody
from tests.web.description import GOLDEN, as_text, description


@pytest.fixture(scope="module")
def told() -> Any:  # noqa: ANN401 - a document
    return description()


def test_the_description_is_the_recorded_one(told: Any) -> None:  # noqa: ANN401
    assert as_text(told) == GOLDEN.read_text(encoding="utf-8"), (
        "The API is described otherwise than recorded. Is every difference an addition? Then record it:"
        " `python -m tests.web.description`, and `make docs`."
    )


def _numbers(schema: Any, where: str) -> list[str]:  # noqa: ANN401
    """Numbers, texts and lists in what a client sends that have no upper bound."""
    if isinstance(schema, list):
        return [found for each in schema for found in _numbers(each, where)]
    if not isinstance(schema, dict):
        return []
    kind = schema.get("type")
    # A name of a closed list, a form, or a pattern is a bound as well.
    bounded = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "enum", "const", "pattern", "format"} & set(
        schema
    )
    found = [where] if kind in {"integer", "number", "string", "array"} and not bounded else []
    nested = [value for name, value in schema.items() if name in {"anyOf", "allOf", "oneOf", "items", "properties"}]
    for each in nested:
        values = list(each.items()) if isinstance(each, dict) and "type" not in each else [("", each)]
        found += [one for name, value in values for one in _numbers(value, f"{where}.{name}")]
    return found


def test_whatever_a_client_sends_has_a_bound(told: Any) -> None:  # noqa: ANN401
    unbounded = []
    bodies = set()
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                unbounded += _numbers(parameter["schema"], f"{method} {path} {parameter['name']}")
            bodies |= set(re.findall(r"#/components/schemas/(\w+)", json.dumps(operation.get("requestBody", {}))))
    for body in bodies:
        unbounded += _numbers(told["components"]["schemas"][body], body)
    assert unbounded == []


def test_each_body_has_an_example_that_it_takes_and_each_parameter_is_described(told: Any) -> None:  # noqa: ANN401
    operations = [each for methods in told["paths"].values() for each in methods.values()]
    undescribed = {
        parameter["name"]
        for operation in operations
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    }
    # The name of a schedule is one of a closed list.
    assert undescribed <= {"name"}
    bodies = {each.__name__: each for each in RequestBody.__subclasses__()}
    assert len(bodies) > 10
    for name, body in bodies.items():
        (example,) = told["components"]["schemas"][name]["examples"]
        body.model_validate_json(json.dumps(example))


def test_a_number_without_a_bound_would_be_seen() -> None:
    assert _numbers({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, "limit") == ["limit."]
