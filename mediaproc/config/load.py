"""Read the settings once; a wrong one becomes a sentence that says what it must be."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from mediaproc.config.precedence import PREFIX
from mediaproc.config.redaction import UNSAID, repeated
from mediaproc.config.settings import Settings
from mediaproc.core.errors import WrongUse

_SECRETS = frozenset(name for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None)


def load_settings(config: Path | None = None, **options: object) -> Settings:
    """The settings of this process; options that are None were not given.

    Raises:
        WrongUse: one sentence that names the setting and what it must be, and quotes the value; no secret is in it.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if config is not None:
        given["config"] = str(config)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise WrongUse(_sentence(error)) from None


# Our sentences in place of those of pydantic's that speak of parsing and of Python's types.
_IN_OUR_WORDS = {
    "int_parsing": "it must be a whole number",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "bool_parsing": "it must be yes or no",
    "bool_type": "it must be yes or no",
    "string_type": "it must be text, in quotes",
    "path_type": "it must be a path, in quotes",
}


def _sentence(error: ValidationError) -> str:
    """The first error as a sentence; it quotes the value unless that is or may be a secret."""
    first = error.errors(include_url=False)[0]
    message = _IN_OUR_WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message.replace("Input should", "it must", 1)
    if not first["loc"]:
        return f"{message[:1].upper()}{message[1:]}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"There is no setting {name!r}: see the table of settings in the README."
    value = UNSAID if name in _SECRETS else repeated(first["input"])
    if value == UNSAID and first["type"] == "value_error":
        # The sentence of a parser of ours repeats the value.
        message = "it must be of another form"
    return f"{PREFIX}{name.upper()} cannot be {value}: {message[:1].lower()}{message[1:]}."
