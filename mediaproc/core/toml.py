"""TOML from a file that anybody may have written, as values; whatever is wrong with it is one sentence."""

import tomllib
from typing import Any

# What every TOML parser must take, and more than any setting needs.
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def parse_toml(text: str) -> dict[str, Any]:
    """The document.

    Raises:
        ValueError: it is none; the message goes on where the file's name ended, and has no full stop.
    """
    try:
        document = _parsed(text)
        _refuse_what_no_setting_is(document)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return document


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not valid TOML: {error}") from None
    except ValueError:
        # Python reads no number of thousands of digits, and no date that the calendar lacks.
        raise ValueError("holds a number or a date that cannot be read") from None


def _refuse_what_no_setting_is(value: object) -> None:
    match value:
        case dict():
            for name, part in value.items():
                _refuse_what_no_setting_is(name)
                _refuse_what_no_setting_is(part)
        case list():
            for part in value:
                _refuse_what_no_setting_is(part)
        case int() if not _SMALLEST <= value <= _LARGEST:
            raise ValueError("holds a number of more than 64 bits")
        case str() if "\0" in value:
            raise ValueError("holds a NUL character")
        case _:
            pass
