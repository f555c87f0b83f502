"""Errors of usage as sentences: which option, which value, and what it must be."""

from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import ValidationError

from mediaproc.core.safe_text import quoted


def explain_usage_error(error: typer.TyperException) -> str:
    """One sentence about a wrong use; for a value of the wrong form it quotes the value and says what it must be."""
    cause = error.__cause__
    if not isinstance(error, typer.BadParameter) or error.param is None or not isinstance(cause, ValidationError):
        return error.format_message()
    parameter = error.param
    option = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar or parameter.name
    return f"{option} cannot be {quoted(cause.errors()[0]['input'])}: it must be {_wanted(parameter)}."


def _wanted(parameter: Any) -> str:  # noqa: ANN401 - typer's parameter, of which its public names have no type
    declared = parameter.type_descriptor
    if declared.choices is not None:
        return f"one of {', '.join(str(choice.value) for choice in declared.choices)}"
    kind = get_args(declared.annotation)[0] if declared.is_list else declared.annotation
    words = {int: "a whole number", float: "a number", bool: "yes or no", Path: "a path"}.get(kind, "of another form")
    least, most = declared.parameter_info.min, declared.parameter_info.max
    if least is None and most is None:
        return words
    if most is None:
        return f"{words}, {least} or more"
    return f"{words}, at most {most}" if least is None else f"{words} from {least} to {most}"
