"""Objects as JSON answers, in the form that the commands' `--json` has, and the schema of that form."""

import dataclasses
import functools
import operator
import types
from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from mediaproc.json_form import json_text
from mediaproc.web.problems import MEDIA_TYPE, ProblemKind


def answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The object as JSON."""
    return Response(json_text(value), status_code=status, media_type="application/json", headers=headers)


class ProblemDocument(BaseModel):
    """What is wrong, as RFC 9457 has it; `detail` is a sentence for a person."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = Field(default_factory=list)


def responses(
    model: Any = None,  # noqa: ANN401 - a type, or a generic alias of one
    *,
    status: int = 200,
    description: str = "",
    media_type: str | None = None,
    problems: Collection[ProblemKind] = (),
) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its description: the model of its success, and its problems beside the usual ones.

    `media_type` is for a success that is no JSON.
    """
    usual = {ProblemKind.MALFORMED, ProblemKind.NOT_LOGGED_IN, ProblemKind.FORBIDDEN, ProblemKind.WRONG_HOST}
    usual |= {ProblemKind.INVALID, ProblemKind.TOO_MANY_REQUESTS, ProblemKind.UNAVAILABLE, ProblemKind.TOO_LARGE}
    told: dict[int | str, dict[str, Any]] = {
        kind.status: {
            "description": kind.title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for kind in sorted({*usual, *problems}, key=lambda kind: (kind.status, kind.slug))
    }
    success: dict[str, Any] = {"description": description or "As asked for"}
    if model is not None:
        success["model"] = schema_of(model)
    if media_type is not None:
        success["content"] = {media_type: {"schema": {"type": "string"}}}
    return {status: success, **told}


@functools.cache
def schema_of(form: Any) -> Any:  # noqa: ANN401 - types in, types out
    """The type that tells how `json_form` writes a value of the type `form`: a dataclass becomes a model."""
    if dataclasses.is_dataclass(form) and isinstance(form, type):
        hints = get_type_hints(form)
        members: dict[str, Any] = {
            field.name: (schema_of(hints[field.name]), ...) for field in dataclasses.fields(form)
        }
        return create_model(form.__name__.lstrip("_"), __doc__=form.__doc__, **members)
    inner = tuple(schema_of(each) for each in get_args(form))
    return _generic(get_origin(form), inner) if inner else _WRITTEN_AS.get(form, form)


# What JSON has no form for, and what `json_form` makes of it.
_WRITTEN_AS: Mapping[Any, type] = {timedelta: float, Decimal: float, Path: str}


def _generic(origin: Any, inner: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if origin in (Union, types.UnionType):
        return functools.reduce(operator.or_, inner)
    if issubclass(origin, Mapping):
        return dict.__class_getitem__(inner)
    return list.__class_getitem__(inner[0])
